use std::convert::Infallible;

use cqrs_core::prelude::*;

#[event]
pub struct Opened {}

#[derive(Clone)]
pub struct Open;

#[aggregate(entity = "ACCOUNT")]
#[derive(Default)]
pub struct Account {}

#[aggregate]
impl Account {
    #[command]
    fn open(&self, _: Open) -> Result<Opened, Infallible> {
        Ok(Opened {})
    }

    #[apply]
    fn opened(&mut self, _: &Opened) {}
}

#[aggregate(entity = "CART")]
#[derive(Default)]
pub struct Cart {}

#[aggregate]
impl Cart {
    #[command]
    fn open(&self, _: Open) -> Result<Opened, Infallible> {
        Ok(Opened {})
    }

    #[apply]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
