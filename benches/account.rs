//! The domain that is timed: one event of about 500 bytes as stored.

use cqrs_core::prelude::*;

/// Money came in.
#[event]
#[derive(Debug, Clone)]
pub struct Deposited {
    /// How much.
    pub cents: u64,
    /// What for.
    pub note: String,
}

/// Puts money in.
#[derive(Debug, Clone)]
pub struct Deposit {
    /// How much.
    pub cents: u64,
    /// What for.
    pub note: String,
}

/// An account.
#[aggregate(entity = "ACCOUNT")]
#[derive(Debug, Default)]
pub struct Account {
    /// What is on it.
    pub balance: u64,
}

#[aggregate]
impl Account {
    #[command]
    fn deposit(&self, command: &Deposit) -> Result<Deposited, std::convert::Infallible> {
        Ok(Deposited { cents: command.cents, note: command.note.clone() })
    }

    #[apply]
    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.cents;
    }
}

/// The command that is timed.
#[must_use]
pub fn deposit() -> Deposit {
    Deposit { cents: 5, note: "x".repeat(200) }
}
