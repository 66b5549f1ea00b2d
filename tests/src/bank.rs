//! Accounts: a domain whose fold is not idempotent, so that an event that is applied twice, or not at all, shows.

use cqrs_core::BuildError;
use cqrs_core::prelude::*;
use cqrs_core::view::MemoryViewStore;

/// The account exists.
#[event]
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// Whose account.
    pub owner: String,
}

/// Money came in.
#[event]
#[derive(Debug, Clone, PartialEq)]
pub struct Deposited {
    /// Whose account.
    pub owner: String,
    /// How much.
    pub cents: u64,
    /// What for.
    pub note: String,
}

/// Money went out.
#[event]
#[derive(Debug, Clone, PartialEq)]
pub struct Withdrawn {
    /// Whose account.
    pub owner: String,
    /// How much.
    pub cents: u64,
}

/// Opens the account.
#[derive(Debug, Clone)]
pub struct Open {
    /// For whom.
    pub owner: String,
}

/// Puts money in. Nothing happens for 0 cents.
#[derive(Debug, Clone, Default)]
pub struct Deposit {
    /// How much.
    pub cents: u64,
    /// What for.
    pub note: String,
}

/// Puts money in, as several events.
#[derive(Debug, Clone)]
pub struct DepositAll(pub Vec<u64>);

/// Takes money out.
#[derive(Debug, Clone)]
pub struct Withdraw {
    /// How much.
    pub cents: u64,
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Opened before.
    #[error("the account is open already")]
    OpenAlready,
    /// Never opened.
    #[error("there is no such account")]
    Unknown,
    /// Not enough.
    #[error("only {0} cents are left")]
    TooLittle(u64),
}

/// An account.
#[aggregate(entity = "ACCOUNT")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// The owner; empty before it is opened.
    pub owner: String,
    /// The balance.
    pub balance: u64,
    /// How many events have been folded.
    pub folded: u64,
}

#[aggregate]
impl Account {
    #[command]
    fn open(&self, command: Open) -> Result<Opened, Refusal> {
        if !self.owner.is_empty() {
            return Err(Refusal::OpenAlready);
        }
        Ok(Opened { owner: command.owner })
    }

    #[command]
    fn deposit(&self, command: Deposit) -> Result<Option<Deposited>, Refusal> {
        self.check_open()?;
        let Deposit { cents, note } = command;
        Ok((cents > 0).then(|| Deposited { owner: self.owner.clone(), cents, note }))
    }

    #[command]
    fn deposit_all(&self, command: &DepositAll) -> Result<Vec<Deposited>, Refusal> {
        self.check_open()?;
        let deposited =
            |cents: &u64| Deposited { owner: self.owner.clone(), cents: *cents, note: String::new() };
        Ok(command.0.iter().map(deposited).collect())
    }

    #[command]
    fn withdraw(&self, command: Withdraw) -> Result<Withdrawn, Refusal> {
        self.check_open()?;
        if command.cents > self.balance {
            return Err(Refusal::TooLittle(self.balance));
        }
        Ok(Withdrawn { owner: self.owner.clone(), cents: command.cents })
    }

    fn check_open(&self) -> Result<(), Refusal> {
        if self.owner.is_empty() { Err(Refusal::Unknown) } else { Ok(()) }
    }

    #[apply]
    fn opened(&mut self, event: &Opened) {
        self.owner.clone_from(&event.owner);
        self.folded += 1;
    }

    #[apply]
    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.cents;
        self.folded += 1;
    }

    #[apply]
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.cents;
        self.folded += 1;
    }
}

/// One per account; it leaves out `Opened`, so that every stream has commits that it does not listen to.
#[projection(Account)]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statement {
    /// The deposits and the withdrawals, in order.
    pub lines: Vec<i64>,
}

#[projection(Account)]
impl Statement {
    #[apply]
    fn deposited(&mut self, event: &Deposited) {
        self.lines.push(event.cents.cast_signed());
    }

    #[apply]
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.lines.push(-event.cents.cast_signed());
    }
}

/// One per owner, over all of their accounts.
#[projection(key(owner: String))]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wealth {
    /// The balance of all accounts.
    pub cents: u64,
    /// How many events have been folded.
    pub folded: u64,
}

#[projection(key(owner))]
impl Wealth {
    #[apply]
    fn opened(&mut self, _: &Opened) {
        self.folded += 1;
    }

    #[apply]
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
        self.folded += 1;
    }

    #[apply]
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.cents -= event.cents;
        self.folded += 1;
    }
}

/// The key of an account of the one tenant.
#[must_use]
pub fn account(number: &str) -> AccountKey {
    AccountKey::new(&tenant(), number)
}

/// The tenant of the tests.
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "it does not panic")]
pub fn tenant() -> Tenant {
    Tenant::new("BANK").unwrap()
}

/// An app that executes commands and delivers nothing.
///
/// # Errors
/// [`BuildError`], if a test has more in it than the bank.
pub fn app(store: impl cqrs_core::app::IntoStores) -> Result<App, BuildError> {
    App::builder(store).views(MemoryViewStore::new()).only([]).build()
}

/// An app whose commands try again after a conflict however often they lose. Which of two processes is faster is for
/// the machine to say: a test that gives the slower one no end of attempts does not depend on it.
///
/// # Errors
/// [`BuildError`], if a test has more in it than the bank.
pub fn tireless(store: impl cqrs_core::app::IntoStores) -> Result<App, BuildError> {
    let app = App::builder(store).views(MemoryViewStore::new()).only([]);
    app.settings(|settings| settings.conflict.attempts = u32::MAX).build()
}

/// An order for `cents`.
#[must_use]
pub fn deposit(cents: u64) -> Deposit {
    Deposit { cents, note: String::new() }
}
