use cqrs_core::prelude::*;
use cqrs_tests::shop::*;

pub struct Cart<T>(T);

#[aggregate]
impl<T> Cart<T> {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        let _ = event;
    }
}

fn main() {}
