// What a test of one line takes; in a program without tests it is not run.
pub struct Mailer;

mod types {
    cqrs_core::testing::wiring!(provides: [super::Mailer, Vec<u8>], crates: [cqrs_misuse]);
}

mod nothing {
    cqrs_core::testing::wiring!();
}

mod values {
    cqrs_core::testing::wiring!(cqrs_core::App::builder(cqrs_core::store::MemoryEventStore::new()));
}

fn main() {}
