use cqrs_core::prelude::*;

#[event]
pub struct ShiftPlanned {
    pub hours: std::ops::Range<u32>,
}

fn main() {}
