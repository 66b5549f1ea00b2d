//! The event that the peers store: what `cqrs_benches::account::Deposited` is to this project.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deposited {
    pub cents: u64,
    pub note: String,
}

impl Deposited {
    pub fn one() -> Self {
        let command = cqrs_benches::account::deposit();
        Self { cents: command.cents, note: command.note }
    }
}
