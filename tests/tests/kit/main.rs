//! The test kit of users: what it lets pass, and what it says, word for word, where it does not.

mod chaos;
mod handler;
mod process;
mod projection;
mod scenario;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a failing test says.
fn message<T>(test: impl FnOnce() -> T) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(test)) else { panic!("it does not fail") };
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => (*panic.downcast_ref::<&str>().unwrap()).to_owned(),
    }
}
