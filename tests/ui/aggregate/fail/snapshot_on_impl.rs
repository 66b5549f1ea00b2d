use cqrs_core::prelude::*;

#[event]
pub struct ItemAdded {}

#[aggregate(entity = "CART")]
#[derive(Default)]
pub struct Cart {}

#[aggregate(snapshot_every = 100)]
impl Cart {
    #[apply]
    fn added(&mut self, _: &ItemAdded) {}
}

fn main() {}
