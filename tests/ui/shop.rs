//! A small right domain, for the compile-fail tests to go wrong in.

use cqrs_core::prelude::*;

pub mod hotel;

/// An order was placed.
#[event]
#[derive(Debug, Clone, PartialEq)]
pub struct OrderCreated {
    /// Who placed it.
    pub customer_id: String,
    /// In cents.
    pub total: u64,
}

/// It left.
#[event]
#[derive(Debug, Clone, PartialEq)]
pub struct OrderShipped {
    /// Its number with the carrier.
    pub tracking: String,
}

/// An event that no aggregate applies.
#[event]
pub struct PaymentTaken {
    /// In cents.
    pub cents: u64,
}

/// Places an order.
#[derive(Debug, Clone)]
pub struct CreateOrder {
    /// Who places it.
    pub customer_id: String,
    /// In cents.
    pub total: u64,
}

/// Ships it.
#[derive(Debug, Clone)]
pub struct ShipOrder {
    /// Its number with the carrier.
    pub tracking: String,
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderError {
    /// Placed already.
    Exists,
    /// Not placed, or shipped already.
    NotOpen,
}

/// An order.
#[aggregate(entity = "ORDER")]
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Order {
    /// Placed.
    pub open: bool,
    /// In cents.
    pub total: u64,
    /// Shipped.
    pub shipped: bool,
}

#[aggregate]
impl Order {
    #[command]
    fn create(&self, command: CreateOrder) -> Result<OrderCreated, OrderError> {
        if self.open {
            return Err(OrderError::Exists);
        }
        Ok(OrderCreated { customer_id: command.customer_id, total: command.total })
    }

    #[command]
    fn ship(&self, command: &ShipOrder) -> Result<OrderShipped, OrderError> {
        if !self.open || self.shipped {
            return Err(OrderError::NotOpen);
        }
        Ok(OrderShipped { tracking: command.tracking.clone() })
    }

    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.open = true;
        self.total = event.total;
    }

    #[apply]
    fn shipped(&mut self, _event: &OrderShipped) {
        self.shipped = true;
    }
}
