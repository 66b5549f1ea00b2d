//! The order: its events, its commands, its rules.

use cqrs_core::prelude::*;
use serde::{Deserialize, Serialize};

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, EventData)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// What is ordered.
    pub product_id: String,
    /// The quantity.
    pub quantity: u64,
    /// The price of one, in cents.
    pub unit_price_cents: u64,
    /// The discount, in percent.
    #[serde(default)]
    pub discount_percent: u64,
}

impl Item {
    /// The line's amount in cents, rounded down; `None` if it does not fit or the discount is over 100%.
    #[must_use]
    pub fn amount(&self) -> Option<u64> {
        let paid = 100u64.checked_sub(self.discount_percent)?;
        let full = self.quantity.checked_mul(self.unit_price_cents)?;
        Some(full.checked_mul(paid)? / 100)
    }
}

/// A customer has ordered.
#[event]
#[derive(Debug, Clone, PartialEq)]
pub struct OrderCreated {
    /// Who ordered.
    pub customer_id: String,
    /// What was ordered.
    pub items: Vec<Item>,
    /// What it costs, in cents.
    pub total_amount: u64,
}

/// The order has left.
#[event]
#[derive(Debug, Clone, PartialEq)]
pub struct OrderShipped {
    /// Who carries it.
    pub carrier: String,
    /// Where it goes.
    pub destination: String,
}

/// The order will not be delivered.
#[event]
#[derive(Debug, Clone, PartialEq)]
pub struct OrderCancelled {
    /// Who had ordered.
    pub customer_id: String,
    /// What it would have cost, in cents.
    pub total_amount: u64,
    /// Why.
    pub reason: String,
}

/// Orders something.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateOrder {
    /// Who orders.
    pub customer_id: String,
    /// What.
    pub items: Vec<Item>,
}

/// Hands the order to a carrier.
#[derive(Debug, Clone, PartialEq)]
pub struct ShipOrder {
    /// Who carries it.
    pub carrier: String,
    /// Where it goes.
    pub destination: String,
}

/// Cancels the order.
#[derive(Debug, Clone, PartialEq)]
pub struct CancelOrder {
    /// Why.
    pub reason: String,
}

/// Why a command is rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// Created twice.
    #[error("the order exists already")]
    Exists,
    /// Never created.
    #[error("there is no such order")]
    Unknown,
    /// Nothing in it.
    #[error("an order needs at least one item")]
    Empty,
    /// A line whose amount cannot be calculated.
    #[error("the amount of item `{product_id}` cannot be calculated")]
    Amount {
        /// The line's product.
        product_id: String,
    },
    /// Too late.
    #[error("the order has been shipped")]
    Shipped,
    /// Cancelled.
    #[error("the order has been cancelled")]
    Cancelled,
}

/// The status of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, IndexValue)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Not created yet.
    #[default]
    New,
    /// Created.
    Open,
    /// On its way.
    Shipped,
    /// Cancelled.
    Cancelled,
}

/// One order.
#[aggregate(entity = "ORDER")]
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Order {
    /// Its status.
    pub status: Status,
    /// Who ordered.
    pub customer_id: String,
    /// What it costs, in cents.
    pub total: u64,
}

#[aggregate]
impl Order {
    #[command]
    fn create(&self, cmd: CreateOrder) -> Result<OrderCreated, OrderError> {
        if self.status != Status::New {
            return Err(OrderError::Exists);
        }
        if cmd.items.is_empty() {
            return Err(OrderError::Empty);
        }
        let mut total_amount = 0u64;
        for item in &cmd.items {
            let sum = item.amount().and_then(|amount| total_amount.checked_add(amount));
            total_amount = sum.ok_or_else(|| OrderError::Amount { product_id: item.product_id.clone() })?;
        }
        Ok(OrderCreated { customer_id: cmd.customer_id, items: cmd.items, total_amount })
    }

    #[command]
    fn ship(&self, cmd: ShipOrder) -> Result<OrderShipped, OrderError> {
        self.check_open()?;
        Ok(OrderShipped { carrier: cmd.carrier, destination: cmd.destination })
    }

    /// Cancelling a cancelled order changes nothing.
    #[command]
    fn cancel(&self, cmd: CancelOrder) -> Result<Option<OrderCancelled>, OrderError> {
        if self.status == Status::Cancelled {
            return Ok(None);
        }
        self.check_open()?;
        Ok(Some(OrderCancelled {
            customer_id: self.customer_id.clone(),
            total_amount: self.total,
            reason: cmd.reason,
        }))
    }

    fn check_open(&self) -> Result<(), OrderError> {
        match self.status {
            Status::Open => Ok(()),
            Status::New => Err(OrderError::Unknown),
            Status::Shipped => Err(OrderError::Shipped),
            Status::Cancelled => Err(OrderError::Cancelled),
        }
    }

    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.status = Status::Open;
        self.customer_id.clone_from(&event.customer_id);
        self.total = event.total_amount;
    }

    #[apply]
    fn shipped(&mut self, _event: &OrderShipped) {
        self.status = Status::Shipped;
    }

    #[apply]
    fn cancelled(&mut self, _event: &OrderCancelled) {
        self.status = Status::Cancelled;
    }
}
