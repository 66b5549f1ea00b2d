//! Delivery over topics and queues, on MiniStack: the tests of the worker once more, the whole way of a commit, and the
//! known differences from AWS.

#[path = "../worker/beginning.rs"]
mod beginning;
#[path = "../worker/creation.rs"]
mod creation;
#[path = "../worker/dead_letters.rs"]
mod dead_letters;
mod differences;
#[path = "../worker/failures.rs"]
mod failures;
#[path = "../worker/fifo.rs"]
mod fifo;
#[path = "../worker/isolation.rs"]
mod isolation;
#[path = "../worker/lag.rs"]
mod lag;
#[path = "../worker/office.rs"]
mod office;
#[path = "../worker/orphans.rs"]
mod orphans;
#[path = "../worker/service.rs"]
mod service;
mod sizes;
#[path = "../worker/subscribers.rs"]
mod subscribers;
#[path = "../delivery/told.rs"]
mod told;
mod way;

use cqrs_tests::emulator::Emulator;

fn emulator() -> &'static Emulator {
    Emulator::ministack()
}
