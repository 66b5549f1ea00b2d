use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[derive(Clone, IndexValue)]
pub struct Price {
    pub cents: u64,
    pub currency: String,
}

fn main() {}
