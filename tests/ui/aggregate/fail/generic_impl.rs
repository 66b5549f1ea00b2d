use cqrs_core::prelude::*;
use cqrs_misuse::*;

pub struct Cart<T>(T);

#[aggregate]
impl<T> Cart<T> {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        let _ = event;
    }
}

fn main() {}
