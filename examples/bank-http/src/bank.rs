//! The domain of the quickstart. Commands that come by HTTP have `#[command]` on their struct, and rejections have a
//! type for clients.

use cqrs_core::prelude::*;
use cqrs_http::Rejection;

#[event]
pub struct AccountOpened { pub owner: String }
#[event]
pub struct MoneyDeposited { pub cents: u64 }
#[event]
pub struct MoneyWithdrawn { pub cents: u64 }

#[command]
#[derive(Clone)]
pub struct Open { pub owner: String }
#[command]
#[derive(Clone)]
pub struct Deposit { pub cents: u64 }
#[command]
#[derive(Clone)]
pub struct Withdraw { pub cents: u64 }

#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("the account is open already")]
    OpenAlready,
    #[error("only {balance} cents are left")]
    TooLittle { balance: u64 },
}

impl Rejection for AccountError {
    fn kind(&self) -> &'static str {
        match self { Self::OpenAlready => "open-already", Self::TooLittle { .. } => "too-little" }
    }
}

#[aggregate(entity = "ACCOUNT")]
#[derive(Default)]
pub struct Account { open: bool, pub balance: u64 }

#[aggregate]
impl Account {
    #[command] fn open(&self, cmd: Open) -> Result<AccountOpened, AccountError> {
        if self.open { Err(AccountError::OpenAlready) } else { Ok(AccountOpened { owner: cmd.owner }) }
    }
    #[command] fn deposit(&self, cmd: Deposit) -> Result<Option<MoneyDeposited>, AccountError> {
        Ok((cmd.cents > 0).then_some(MoneyDeposited { cents: cmd.cents }))
    }
    #[command] fn withdraw(&self, cmd: Withdraw) -> Result<MoneyWithdrawn, AccountError> {
        let enough = self.balance >= cmd.cents;
        enough.then_some(MoneyWithdrawn { cents: cmd.cents }).ok_or(AccountError::TooLittle { balance: self.balance })
    }

    #[apply] fn opened(&mut self, _: &AccountOpened) { self.open = true; }
    #[apply] fn deposited(&mut self, event: &MoneyDeposited) { self.balance = self.balance.saturating_add(event.cents); }
    #[apply] fn withdrawn(&mut self, event: &MoneyWithdrawn) { self.balance = self.balance.saturating_sub(event.cents); }
}

#[projection(Account, index(by_owner(owner, opened_at)))]
#[derive(Debug, Default)]
pub struct Statement { owner: String, opened_at: Option<Timestamp>, lines: Vec<i64> }

#[projection(Account)]
impl Statement {
    #[apply] fn opened(&mut self, event: &Recorded<AccountOpened>) {
        self.owner.clone_from(&event.owner);
        self.opened_at = Some(event.metadata().created_at);
    }
    #[apply] fn deposited(&mut self, event: &MoneyDeposited) { self.lines.push(event.cents.cast_signed()); }
    #[apply] fn withdrawn(&mut self, event: &MoneyWithdrawn) { self.lines.push(event.cents.cast_signed().wrapping_neg()); }
}
