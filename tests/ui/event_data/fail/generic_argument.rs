use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
pub struct Priced<T> {
    pub item: T,
    pub cents: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "cqrs_core::serde")]
pub struct Book;

#[event]
pub struct Sold {
    pub what: Priced<Book>,
}

fn main() {}
