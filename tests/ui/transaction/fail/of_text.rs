use cqrs_core::prelude::*;

pub fn version(done: &Transacted) -> Option<Version> {
    done.of("20240101-001").map(|done| done.version)
}

fn main() {}
