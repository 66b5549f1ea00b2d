//! The same domain with only serde, written by hand for just these events.

use cqrs_core::serde::{self, Deserialize, Serialize};
use serde_json::Value;

use crate::Fallible;

#[derive(Serialize, Deserialize)]
#[serde(crate = "serde", rename_all = "camelCase")]
pub(crate) struct Placed {
    pub(crate) customer_id: String,
    pub(crate) total_amount: u64,
    pub(crate) note: Option<String>,
    pub(crate) quantities: Vec<u32>,
}

#[derive(Deserialize)]
#[serde(crate = "serde", rename_all = "camelCase")]
pub(crate) struct Priced {
    pub(crate) total_amount: u64,
}

#[derive(Deserialize)]
#[serde(crate = "serde")]
pub(crate) struct Noted {
    pub(crate) note: String,
}

#[derive(Deserialize)]
#[serde(crate = "serde")]
pub(crate) struct Discounted {
    pub(crate) percent: u32,
    pub(crate) reason: String,
}

/// What `Discounted` was at schema 1.
#[derive(Deserialize)]
#[serde(crate = "serde")]
struct Factored {
    factor: u32,
}

#[derive(Default)]
pub(crate) struct Order {
    total: u64,
    quantity: u64,
    notes: usize,
}

impl Order {
    /// Decodes a stored event and applies it.
    pub(crate) fn take(&mut self, name: &str, schema: u32, data: Value) -> Fallible<()> {
        match (name, schema) {
            ("Placed", 1) => self.placed(&Placed::deserialize(data)?),
            ("Priced", 1) => self.priced(&Priced::deserialize(data)?),
            ("Noted", 1) => self.noted(&Noted::deserialize(data)?),
            ("Discounted", 3) => self.discounted(&Discounted::deserialize(data)?),
            ("Discounted", 1) => {
                let Factored { factor } = Factored::deserialize(data)?;
                self.discounted(&Discounted { percent: factor, reason: String::new() });
            }
            _ => return Err(format!("unknown event `{name}` at schema {schema}").into()),
        }
        Ok(())
    }

    pub(crate) fn placed(&mut self, event: &Placed) {
        self.total = event.total_amount;
        self.quantity += event.quantities.iter().copied().map(u64::from).sum::<u64>();
        self.notes += event.note.iter().map(String::len).sum::<usize>();
    }

    pub(crate) fn priced(&mut self, event: &Priced) {
        self.total = event.total_amount;
    }

    pub(crate) fn noted(&mut self, event: &Noted) {
        self.notes += event.note.len();
    }

    fn discounted(&mut self, event: &Discounted) {
        self.total -= self.total * u64::from(event.percent) / 100;
        self.notes += event.reason.len();
    }
}

pub(crate) fn placed() -> Placed {
    Placed {
        customer_id: "CUST-001".to_owned(),
        total_amount: 15_000,
        note: Some("by the back door".to_owned()),
        quantities: vec![1, 2, 3],
    }
}
