//! The steps between an order and its truck, and the notifications.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cqrs_core::prelude::*;

use crate::order::{DelayOrder, OrderKey, OrderPlaced, OrderShipped, ReadyOrder};
use crate::product::{OrderStock, ProductKey, ReserveStock, StockReserved};

const TIME_TO_SHIP: Duration = Duration::from_secs(14 * 24 * 3600);
/// Below this stock, a product is ordered again.
const LOW: u64 = 20;

/// Reserves what was ordered, and watches the time.
#[process(key(order: String))]
#[derive(Debug, Clone, Default)]
pub(crate) struct Shipping {
    lines: usize,
    reserved: usize,
}

#[process(key(order), unknown = "skip")]
impl Shipping {
    #[apply]
    fn placed(&mut self, event: &OrderPlaced) {
        self.lines = event.lines.len();
    }

    #[react(start)]
    fn on_placed(&self, event: &OrderPlaced, key: &ShippingKey) -> Reaction {
        let start = Reaction::new().deadline(Self::overdue, TIME_TO_SHIP);
        event.lines.iter().fold(start, |reaction, line| {
            let product = ProductKey::new(key.tenant(), line.product.parse::<u32>().unwrap_or_default());
            reaction.execute(&product, ReserveStock { order: event.order.clone(), quantity: line.quantity })
        })
    }

    #[apply]
    fn reserved(&mut self, _: &StockReserved) {
        self.reserved += 1;
    }

    #[react]
    fn on_reserved(&self, _: &StockReserved, key: &ShippingKey) -> Reaction {
        match self.reserved == self.lines {
            true => Reaction::new().execute(&order(key), ReadyOrder {}),
            false => Reaction::new(),
        }
    }

    #[react]
    fn on_shipped(&self, _: &OrderShipped) -> Reaction {
        Reaction::new().cancel(Self::overdue).end()
    }

    #[deadline]
    fn overdue(&self, key: &ShippingKey) -> Reaction {
        let reason = "not shipped within 14 days".to_owned();
        Reaction::new().execute(&order(key), DelayOrder { reason })
    }
}

fn order(key: &ShippingKey) -> OrderKey {
    OrderKey::new(key.tenant(), key.order().as_str())
}

/// Orders products that run out.
#[event_handler(StockReserved, once)]
pub(crate) async fn reorder(event: &Recorded<StockReserved>, app: &App) -> Result<(), HandlerError> {
    if event.left < LOW {
        app.execute(&event.key()?, OrderStock { quantity: 100 }).await?;
    }
    Ok(())
}

/// Refuses the first invoice of some customers, and all invoices of another one.
#[derive(Debug, Default)]
pub(crate) struct Bank {
    asked: Mutex<BTreeSet<String>>,
}

impl Bank {
    fn pay(&self, order: &str, customer: &str) -> Result<(), String> {
        let is_new = self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(order.to_owned());
        match customer {
            "TOMSP" if is_new => Err(format!("the bank did not answer for order {order}")),
            "HANAR" => {
                Err(format!("the bank refused the invoice of order {order}: account {customer} is blocked"))
            }
            _ => Ok(()),
        }
    }
}

/// Sends the invoice of an order that has left.
#[event_handler(OrderShipped)]
pub(crate) async fn send_invoice(event: &Recorded<OrderShipped>, bank: &Bank) -> Result<(), HandlerError> {
    bank.pay(&event.order, &event.customer).map_err(HandlerError::permanent)
}
