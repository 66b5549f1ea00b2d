//! The read models of Northwind.

use cqrs_core::prelude::*;

use crate::order::{Order, OrderDelayed, OrderPlaced, OrderReady, OrderShipped, Status};
use crate::product::{Product, ProductListed, StockOrdered, StockReserved};

#[projection(Order, index(by_customer(customer, placed_at)), index(by_status(status, total)))]
#[derive(Debug, Default)]
pub(crate) struct OrderSummary {
    pub customer: String,
    pub status: Status,
    pub placed_at: Option<Timestamp>,
    pub total: u64,
    pub is_late: bool,
}

#[projection(Order)]
impl OrderSummary {
    #[apply]
    fn placed(&mut self, event: &Recorded<OrderPlaced>) {
        self.customer.clone_from(&event.customer);
        self.status = Status::Placed;
        self.placed_at = Some(event.metadata().created_at);
        self.total = event.total;
    }

    #[apply]
    fn ready(&mut self, _: &OrderReady) {
        self.status = Status::Ready;
    }

    #[apply]
    fn shipped(&mut self, _: &OrderShipped) {
        self.status = Status::Shipped;
    }

    #[apply]
    fn delayed(&mut self, _: &OrderDelayed) {
        self.is_late = true;
    }
}

#[projection(key(customer: String))]
#[derive(Debug, Default)]
pub(crate) struct CustomerTotals {
    pub orders: u64,
    pub shipped: u64,
    pub total: u64,
}

#[projection(key(customer))]
impl CustomerTotals {
    #[apply]
    fn placed(&mut self, event: &OrderPlaced) {
        self.orders += 1;
        self.total += event.total;
    }

    #[apply]
    fn shipped(&mut self, _: &OrderShipped) {
        self.shipped += 1;
    }
}

#[projection(Product, index(by_stock(name, stock)))]
#[derive(Debug, Default)]
pub(crate) struct StockLevel {
    pub name: String,
    pub stock: u64,
    pub reserved: u64,
}

#[projection(Product)]
impl StockLevel {
    #[apply]
    fn listed(&mut self, event: &ProductListed) {
        self.name.clone_from(&event.name);
        self.stock = event.stock;
    }

    #[apply]
    fn reserved(&mut self, event: &StockReserved) {
        self.stock = event.left;
        self.reserved += event.quantity;
    }

    #[apply]
    fn ordered(&mut self, event: &StockOrdered) {
        self.stock += event.quantity;
    }
}
