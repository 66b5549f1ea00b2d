//! A small domain that is served by HTTP, and compiles.

use cqrs_core::prelude::*;
use cqrs_http::axum::extract::FromRequestParts;
use cqrs_http::axum::http::request::Parts;
use cqrs_http::{Caller, Problem};

/// Money came in.
#[event]
pub struct MoneyDeposited {
    /// In cents.
    pub cents: u64,
}

/// Brings money in.
#[command]
pub struct Deposit {
    /// In cents.
    pub cents: u64,
}

/// Brings money in, and has no `#[command]`.
pub struct DepositCoins {
    /// In cents.
    pub cents: u64,
}

/// Brings money in, and is rejected with a type that has no text.
#[command]
pub struct DepositGold {
    /// In grams.
    pub grams: u64,
}

/// A rejection without a text.
pub struct NoGold;

/// An account.
#[aggregate(entity = "ACCOUNT")]
#[derive(Default)]
pub struct Account {}

#[aggregate]
impl Account {
    #[command]
    fn deposit(&self, command: &Deposit) -> Result<MoneyDeposited, String> {
        Ok(MoneyDeposited { cents: command.cents })
    }

    #[command]
    fn deposit_coins(&self, command: &DepositCoins) -> Result<MoneyDeposited, String> {
        Ok(MoneyDeposited { cents: command.cents })
    }

    #[command]
    fn deposit_gold(&self, _: &DepositGold) -> Result<MoneyDeposited, NoGold> {
        Err(NoGold)
    }

    #[apply]
    fn deposited(&mut self, _: &MoneyDeposited) {}
}

/// What lies in an account.
#[projection(Account)]
#[derive(Default)]
pub struct Balance {
    /// In cents.
    pub cents: u64,
}

#[projection(Account)]
impl Balance {
    #[apply]
    fn deposited(&mut self, event: &MoneyDeposited) {
        self.cents += event.cents;
    }
}

/// Who sends requests.
pub struct Teller(Tenant);

impl<S: Sync> FromRequestParts<S> for Teller {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Problem> {
        Tenant::new("BANK").map(Self).map_err(|error| Problem::from(&error))
    }
}

impl Caller for Teller {
    fn tenant(&self) -> &Tenant {
        &self.0
    }

    fn user(&self) -> Option<&str> {
        None
    }
}
