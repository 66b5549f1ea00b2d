use cqrs_core::prelude::*;

#[event]
pub struct OrderCreated {
    pub customer_id: String,
    pub total: u64,
}
#[event]
pub struct OrderShipped {
    pub tracking: String,
}
#[event]
pub struct OrderCancelled;

#[derive(Clone)]
pub struct CreateOrder {
    pub customer_id: String,
    pub total: u64,
}
#[derive(Debug)]
pub struct ShipOrder {
    pub tracking: String,
}
#[derive(Clone)]
pub struct CancelOrder;

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum OrderError {
    #[error("the order is placed already")]
    Placed,
    #[error("the order is not open")]
    NotOpen,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub enum Status {
    #[default]
    New,
    Open,
    Shipped,
    Cancelled,
}

#[aggregate(entity = "ORDER")]
#[derive(Debug, Default)]
pub struct Order {
    pub status: Status,
    pub total: u64,
}

#[aggregate]
impl Order {
    #[command]
    fn create(&self, command: CreateOrder) -> Result<OrderCreated, OrderError> {
        if self.status != Status::New {
            return Err(OrderError::Placed);
        }
        Ok(OrderCreated { customer_id: command.customer_id, total: command.total })
    }

    #[command]
    fn ship(&self, command: &ShipOrder) -> Result<OrderShipped, OrderError> {
        if self.status != Status::Open {
            return Err(OrderError::NotOpen);
        }
        Ok(OrderShipped { tracking: command.tracking.clone() })
    }

    /// Cancelling twice is not an error: the second time nothing happens.
    #[command]
    fn cancel(&self, _: CancelOrder) -> Result<Option<OrderCancelled>, OrderError> {
        match self.status {
            Status::Open => Ok(Some(OrderCancelled)),
            Status::Cancelled => Ok(None),
            Status::New | Status::Shipped => Err(OrderError::NotOpen),
        }
    }

    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.status = Status::Open;
        self.total = event.total;
    }

    #[apply]
    fn shipped(&mut self, _: &OrderShipped) {
        self.status = Status::Shipped;
    }

    #[apply]
    fn cancelled(&mut self, _: &OrderCancelled) {
        self.status = Status::Cancelled;
    }
}
