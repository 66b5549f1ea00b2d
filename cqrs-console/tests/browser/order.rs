//! Orders of Northwind.

use cqrs_core::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, EventData)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    pub product: String,
    pub quantity: u64,
    pub cents: u64,
}

#[event]
pub(crate) struct OrderPlaced {
    pub order: String,
    pub customer: String,
    pub lines: Vec<Line>,
    pub total: u64,
}
#[event]
pub(crate) struct OrderReady {
    pub order: String,
}
#[event]
pub(crate) struct OrderShipped {
    pub order: String,
    pub customer: String,
    pub shipper: String,
    pub city: String,
}
#[event]
pub(crate) struct OrderDelayed {
    pub order: String,
    pub reason: String,
}

pub(crate) struct PlaceOrder {
    pub order: String,
    pub customer: String,
    pub lines: Vec<Line>,
}
pub(crate) struct ShipOrder {
    pub shipper: String,
    pub city: String,
}
#[command]
pub(crate) struct ReadyOrder {}
#[command]
pub(crate) struct DelayOrder {
    pub reason: String,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OrderError {
    #[error("the order was placed already")]
    Placed,
    #[error("the order was shipped already, or never placed")]
    NotOpen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, IndexValue)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Status {
    #[default]
    New,
    Placed,
    Ready,
    Shipped,
}

#[aggregate(entity = "ORDER", key(number: String))]
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Order {
    pub number: String,
    pub customer: String,
    pub status: Status,
    pub lines: Vec<Line>,
    pub total: u64,
    pub shipper: Option<String>,
    pub delayed: Option<String>,
}

#[aggregate]
impl Order {
    #[command]
    fn place(&self, command: &PlaceOrder) -> Result<OrderPlaced, OrderError> {
        if self.status != Status::New {
            return Err(OrderError::Placed);
        }
        let total = command.lines.iter().map(|line| line.quantity * line.cents).sum();
        let PlaceOrder { order, customer, lines } = command;
        Ok(OrderPlaced { order: order.clone(), customer: customer.clone(), lines: lines.clone(), total })
    }

    #[command]
    fn ready(&self, _: &ReadyOrder) -> Result<Option<OrderReady>, OrderError> {
        Ok((self.status == Status::Placed).then(|| OrderReady { order: self.number.clone() }))
    }

    #[command]
    fn ship(&self, command: &ShipOrder) -> Result<OrderShipped, OrderError> {
        if !matches!(self.status, Status::Placed | Status::Ready) {
            return Err(OrderError::NotOpen);
        }
        let ShipOrder { shipper, city } = command;
        let (order, customer) = (self.number.clone(), self.customer.clone());
        Ok(OrderShipped { order, customer, shipper: shipper.clone(), city: city.clone() })
    }

    #[command]
    fn delay(&self, command: &DelayOrder) -> Result<Option<OrderDelayed>, OrderError> {
        let delayed = OrderDelayed { order: self.number.clone(), reason: command.reason.clone() };
        Ok((self.status != Status::Shipped).then_some(delayed))
    }

    #[apply]
    fn placed(&mut self, event: &OrderPlaced) {
        self.number.clone_from(&event.order);
        self.customer.clone_from(&event.customer);
        self.lines.clone_from(&event.lines);
        self.total = event.total;
        self.status = Status::Placed;
    }

    #[apply]
    fn is_ready(&mut self, _: &OrderReady) {
        self.status = Status::Ready;
    }

    #[apply]
    fn shipped(&mut self, event: &OrderShipped) {
        self.status = Status::Shipped;
        self.shipper = Some(event.shipper.clone());
        self.delayed = None;
    }

    #[apply]
    fn is_delayed(&mut self, event: &OrderDelayed) {
        self.delayed = Some(event.reason.clone());
    }
}
