//! What is made of the events: two read models and a handler.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cqrs_core::prelude::*;

use crate::domain::{Order, OrderCancelled, OrderCreated, OrderShipped, Status};

/// One per order, listed by customer and by status.
#[projection(Order, index(by_customer(customer_id, ordered_at)), index(by_status(status, total)))]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderSummary {
    /// Its status.
    pub status: Status,
    /// Who ordered.
    pub customer_id: String,
    /// When it was placed.
    pub ordered_at: Option<Timestamp>,
    /// How many lines it has.
    pub items: usize,
    /// What it costs, in cents.
    pub total: u64,
    /// Where it goes.
    pub destination: Option<String>,
}

#[projection(Order)]
impl OrderSummary {
    #[apply]
    fn created(&mut self, event: &Recorded<OrderCreated>) {
        self.status = Status::Open;
        self.customer_id.clone_from(&event.customer_id);
        self.ordered_at = Some(event.metadata().created_at);
        self.items = event.items.len();
        self.total = event.total_amount;
    }

    #[apply]
    fn shipped(&mut self, event: &OrderShipped) {
        self.status = Status::Shipped;
        self.destination = Some(event.destination.clone());
    }

    #[apply]
    fn cancelled(&mut self, _event: &OrderCancelled) {
        self.status = Status::Cancelled;
    }
}

/// One per customer, over all of their orders.
#[projection(key(customer_id: String))]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerTotals {
    /// How many orders they have placed and not cancelled.
    pub orders: u64,
    /// The total of those, in cents.
    pub total: u64,
}

#[projection(key(customer_id))]
impl CustomerTotals {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.orders += 1;
        self.total += event.total_amount;
    }

    #[apply]
    fn cancelled(&mut self, event: &OrderCancelled) {
        self.orders -= 1;
        self.total -= event.total_amount;
    }
}

/// Where confirmations would be sent from; this one counts them.
#[derive(Debug, Clone, Default)]
pub struct NotificationService {
    sent: Arc<AtomicU64>,
}

impl NotificationService {
    /// How many confirmations were sent by this process.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

/// Confirms every order to its customer.
#[derive(Debug)]
pub struct OrderCreatedHandler {
    /// The connection to the customer.
    pub notifications: NotificationService,
}

#[event_handler(OrderCreated)]
impl OrderCreatedHandler {
    async fn execute(&self, _event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
        self.notifications.sent.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
