use cqrs_core::prelude::*;

#[command]
fn release(reason: &str) -> bool {
    reason.is_empty()
}

fn main() {
    release("");
}
