//! The domain that is timed: one event of about 500 stored bytes.

use cqrs_core::prelude::*;

/// Money was deposited.
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

/// Puts money in several times at once, an event each.
#[derive(Debug, Clone)]
pub struct DepositAll(pub Vec<Deposit>);

/// An account.
#[aggregate(entity = "ACCOUNT")]
#[derive(Debug, Default)]
pub struct Account {
    /// The balance.
    pub balance: u64,
}

#[aggregate]
impl Account {
    #[command]
    fn deposit(&self, command: &Deposit) -> Result<Deposited, std::convert::Infallible> {
        Ok(Deposited { cents: command.cents, note: command.note.clone() })
    }

    #[command]
    fn deposit_all(&self, command: &DepositAll) -> Result<Vec<AccountEvent>, std::convert::Infallible> {
        let event = |each: &Deposit| Deposited { cents: each.cents, note: each.note.clone() }.into();
        Ok(command.0.iter().map(event).collect())
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
