// What a test of one line takes; in a program without tests it is not run.
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;

pub struct Mailer;

mod types {
    cqrs_core::testing::wiring!(provides: [super::Mailer, Vec<u8>], crates: [cqrs_misuse]);
}

mod nothing {
    cqrs_core::testing::wiring!();
}

mod values {
    use super::*;
    cqrs_core::testing::wiring!(App::builder(MemoryEventStore::new()).provide(Mailer));
}

fn main() {}
