//! The worker on SQS, behind an SNS topic: the fate of messages, whatever they are and whatever happens to them.

mod beginning;
mod creation;
mod dead_letters;
mod failures;
mod fifo;
mod isolation;
mod lag;
mod office;
mod orphans;
mod requests;
mod restore;
mod service;
mod subscribers;
#[path = "../delivery/told.rs"]
mod told;

use cqrs_tests::emulator::Emulator;

/// The service with the topics and the queues: moto here, and MiniStack in `tests/ministack`, which has the same
/// modules.
fn emulator() -> &'static Emulator {
    Emulator::shared()
}
