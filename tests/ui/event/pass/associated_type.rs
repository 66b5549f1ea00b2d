//! A field whose type is named by another type and a trait.

use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

trait Currency {
    type Amount;
}

struct Eur;

impl Currency for Eur {
    type Amount = Cents;
}

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
struct Cents(u64);

#[event]
struct Paid {
    amount: <Eur as Currency>::Amount,
    parts: Vec<Option<<Eur as Currency>::Amount>>,
}

fn main() {
    let paid = Paid { amount: Cents(100), parts: vec![Some(Cents(100)), None] };
    let _ = (paid.amount.0, paid.parts.len());
}
