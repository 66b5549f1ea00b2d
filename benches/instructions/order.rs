//! The domain as a user of the framework writes it.

use std::convert::Infallible;

use cqrs_core::prelude::*;

#[event]
pub(crate) struct Placed {
    pub(crate) customer_id: String,
    pub(crate) total_amount: u64,
    pub(crate) note: Option<String>,
    pub(crate) quantities: Vec<u32>,
}

#[event]
pub(crate) struct Priced {
    pub(crate) total_amount: u64,
}

#[event]
pub(crate) struct Noted {
    pub(crate) note: String,
}

#[event(name = "Discounted", schema = 3, from = DiscountedV2)]
pub(crate) struct Discounted {
    pub(crate) percent: u32,
    pub(crate) reason: String,
}

#[event(name = "Discounted", schema = 2, from = DiscountedV1)]
pub(crate) struct DiscountedV2 {
    pub(crate) percent: u32,
}

#[event(name = "Discounted")]
pub(crate) struct DiscountedV1 {
    pub(crate) factor: u32,
}

impl From<DiscountedV1> for DiscountedV2 {
    fn from(old: DiscountedV1) -> Self {
        Self { percent: old.factor }
    }
}

impl From<DiscountedV2> for Discounted {
    fn from(old: DiscountedV2) -> Self {
        Self { percent: old.percent, reason: String::new() }
    }
}

/// Places an order.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) customer_id: String,
    pub(crate) total_amount: u64,
    pub(crate) note: Option<String>,
    pub(crate) quantities: Vec<u32>,
}

#[aggregate(entity = "ORDER")]
#[derive(Default)]
pub(crate) struct Order {
    pub(crate) total: u64,
    pub(crate) quantity: u64,
    pub(crate) notes: usize,
}

#[aggregate]
impl Order {
    #[command]
    fn place(&self, command: Place) -> Result<Placed, Infallible> {
        let Place { customer_id, total_amount, note, quantities } = command;
        Ok(Placed { customer_id, total_amount, note, quantities })
    }

    #[apply]
    fn placed(&mut self, event: &Placed) {
        self.total = event.total_amount;
        self.quantity += event.quantities.iter().copied().map(u64::from).sum::<u64>();
        self.notes += event.note.iter().map(String::len).sum::<usize>();
    }

    #[apply]
    fn priced(&mut self, event: &Priced) {
        self.total = event.total_amount;
    }

    #[apply]
    fn noted(&mut self, event: &Noted) {
        self.notes += event.note.len();
    }

    #[apply]
    fn discounted(&mut self, event: &Discounted) {
        self.total -= self.total * u64::from(event.percent) / 100;
        self.notes += event.reason.len();
    }
}

pub(crate) fn place() -> Place {
    let Placed { customer_id, total_amount, note, quantities } = placed();
    Place { customer_id, total_amount, note, quantities }
}

pub(crate) fn placed() -> Placed {
    Placed {
        customer_id: "CUST-001".to_owned(),
        total_amount: 15_000,
        note: Some("by the back door".to_owned()),
        quantities: vec![1, 2, 3],
    }
}
