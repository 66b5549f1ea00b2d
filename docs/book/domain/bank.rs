use cqrs::prelude::*;

#[event]
pub struct AccountOpened {
    pub owner: String,
}

#[event]
pub struct MoneyDeposited {
    pub cents: u64,
}

#[event]
pub struct MoneyWithdrawn {
    pub cents: u64,
}

#[command]
#[derive(Debug, Clone)]
pub struct Open {
    pub owner: String,
}

#[command]
#[derive(Debug, Clone)]
pub struct Deposit {
    pub cents: u64,
}

#[command]
#[derive(Debug, Clone)]
pub struct Withdraw {
    pub cents: u64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error("the account is open already")]
    OpenAlready,
    #[error("only {balance} cents are left")]
    TooLittle { balance: u64 },
}

#[aggregate(entity = "ACCOUNT")]
#[derive(Default)]
pub struct Account {
    open: bool,
    balance: u64,
}

#[aggregate]
impl Account {
    #[command]
    fn open(&self, command: &Open) -> Result<AccountOpened, Refusal> {
        if self.open { Err(Refusal::OpenAlready) } else { Ok(AccountOpened { owner: command.owner.clone() }) }
    }

    #[command]
    fn deposit(&self, command: &Deposit) -> Result<Option<MoneyDeposited>, Refusal> {
        Ok((command.cents > 0).then_some(MoneyDeposited { cents: command.cents }))
    }

    #[command]
    fn withdraw(&self, command: &Withdraw) -> Result<MoneyWithdrawn, Refusal> {
        let enough = self.balance >= command.cents;
        enough
            .then_some(MoneyWithdrawn { cents: command.cents })
            .ok_or(Refusal::TooLittle { balance: self.balance })
    }

    #[apply]
    fn opened(&mut self, _: &AccountOpened) {
        self.open = true;
    }

    #[apply]
    fn deposited(&mut self, event: &MoneyDeposited) {
        self.balance += event.cents;
    }

    #[apply]
    fn withdrawn(&mut self, event: &MoneyWithdrawn) {
        self.balance -= event.cents;
    }
}

#[projection(Account, index(by_owner(owner)))]
#[derive(Debug, Default)]
pub struct Statement {
    pub owner: String,
    pub balance: u64,
}

#[projection(Account)]
impl Statement {
    #[apply]
    fn opened(&mut self, event: &AccountOpened) {
        self.owner.clone_from(&event.owner);
    }

    #[apply]
    fn deposited(&mut self, event: &MoneyDeposited) {
        self.balance += event.cents;
    }

    #[apply]
    fn withdrawn(&mut self, event: &MoneyWithdrawn) {
        self.balance -= event.cents;
    }
}
