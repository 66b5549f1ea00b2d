use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
pub struct Line {
    sku: String,
    #[serde(default, skip_serializing)]
    seen: u64,
}

#[aggregate(entity = "CART", snapshot_every = 100)]
#[derive(Default)]
pub struct Cart {
    lines: Vec<Line>,
}

#[event]
pub struct Emptied;

#[derive(Clone)]
pub struct Empty;

#[aggregate]
impl Cart {
    #[command]
    fn empty(&self, _: Empty) -> Result<Emptied, String> {
        Ok(Emptied)
    }

    #[apply]
    fn emptied(&mut self, _: &Emptied) {
        self.lines.clear();
    }
}

fn main() {}
