//! Three commands, three events, a read model, a handler, and the wiring: all that a user writes.

use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;

#[event]
pub struct AccountOpened { pub owner: String }
#[event]
pub struct MoneyDeposited { pub cents: u64 }
#[event]
pub struct MoneyWithdrawn { pub cents: u64 }

#[derive(Clone)]
pub struct Open { pub owner: String }
#[derive(Clone)]
pub struct Deposit { pub cents: u64 }
#[derive(Clone)]
pub struct Withdraw { pub cents: u64 }

#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("the account is open already")]
    OpenAlready,
    #[error("only {balance} cents are left")]
    TooLittle { balance: u64 },
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
    #[apply] fn deposited(&mut self, event: &MoneyDeposited) { self.balance += event.cents; }
    #[apply] fn withdrawn(&mut self, event: &MoneyWithdrawn) { self.balance -= event.cents; }
}

#[projection(Account)]
#[derive(Debug, Default)]
pub struct Statement { owner: String, lines: Vec<i64> }

#[projection(Account)]
impl Statement {
    #[apply] fn opened(&mut self, event: &AccountOpened) { self.owner.clone_from(&event.owner); }
    #[apply] fn deposited(&mut self, event: &MoneyDeposited) { self.lines.push(event.cents.cast_signed()); }
    #[apply] fn withdrawn(&mut self, event: &MoneyWithdrawn) { self.lines.push(-event.cents.cast_signed()); }
}

#[event_handler(AccountOpened)]
async fn welcome(event: &Recorded<AccountOpened>) -> Result<(), HandlerError> {
    println!("welcome, {} ({})", event.owner, event.stream());
    Ok(())
}

/// On an embedded DynamoDB; on AWS it is `Dynamo::from_env()`, with the feature `aws`.
pub async fn app() -> Result<App, Box<dyn std::error::Error>> {
    let dynamo = Dynamo::embedded_in_memory().await?;
    Ok(App::builder(dynamo).build()?)
}
