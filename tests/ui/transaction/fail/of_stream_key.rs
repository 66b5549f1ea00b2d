use cqrs_core::StreamKey;
use cqrs_core::prelude::*;

pub fn version(done: &Transacted, order: &StreamKey) -> Option<Version> {
    done.of(order).map(|done| done.version)
}

fn main() {}
