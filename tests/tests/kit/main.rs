//! The test kit of users: what it accepts, and its failures, word for word.

mod chaos;
mod handler;
mod process;
mod projection;
mod scenario;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The message of a failing test.
fn message<T>(test: impl FnOnce() -> T) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(test)) else { panic!("it does not fail") };
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => (*panic.downcast_ref::<&str>().unwrap()).to_owned(),
    }
}
