//! The bank of the quickstart, with an API as a user would write it.

use std::convert::Infallible;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_http::{Access, Api, Caller, Problem, Rejection, StatusCode, axum};
use serde_json::{Map, Value};

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
pub struct Open {
    pub owner: String,
}
#[command]
pub struct Deposit {
    pub cents: u64,
}
#[command]
pub struct Withdraw {
    pub cents: u64,
}
/// It is not listed.
#[command]
pub struct Seize;

#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("there is no such account")]
    NotOpen,
    #[error("the account is open already")]
    OpenAlready,
    #[error("only {balance} cents are left")]
    TooLittle { balance: u64 },
}

impl Rejection for AccountError {
    fn kind(&self) -> &'static str {
        match self {
            Self::NotOpen => "not-open",
            Self::OpenAlready => "open-already",
            Self::TooLittle { .. } => "too-little",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotOpen => StatusCode::NOT_FOUND,
            _ => StatusCode::CONFLICT,
        }
    }

    fn members(&self, members: &mut Map<String, Value>) {
        if let Self::TooLittle { balance } = self {
            members.insert("balance".into(), (*balance).into());
        }
    }
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
    fn open(&self, command: &Open) -> Result<AccountOpened, AccountError> {
        if self.open {
            Err(AccountError::OpenAlready)
        } else {
            Ok(AccountOpened { owner: command.owner.clone() })
        }
    }

    #[command]
    fn deposit(&self, command: &Deposit) -> Result<Option<MoneyDeposited>, AccountError> {
        if !self.open {
            return Err(AccountError::NotOpen);
        }
        Ok((command.cents > 0).then_some(MoneyDeposited { cents: command.cents }))
    }

    #[command]
    fn withdraw(&self, command: &Withdraw) -> Result<MoneyWithdrawn, AccountError> {
        let enough = self.balance >= command.cents;
        enough
            .then_some(MoneyWithdrawn { cents: command.cents })
            .ok_or(AccountError::TooLittle { balance: self.balance })
    }

    #[command]
    fn seize(&self, _: &Seize) -> Result<MoneyWithdrawn, AccountError> {
        Ok(MoneyWithdrawn { cents: self.balance })
    }

    #[apply]
    fn opened(&mut self, _: &AccountOpened) {
        self.open = true;
    }

    #[apply]
    fn deposited(&mut self, event: &MoneyDeposited) {
        self.balance = self.balance.saturating_add(event.cents);
    }

    #[apply]
    fn withdrawn(&mut self, event: &MoneyWithdrawn) {
        self.balance = self.balance.saturating_sub(event.cents);
    }
}

#[projection(Account, index(by_owner(owner, balance)))]
#[derive(Debug, Default)]
pub struct Statement {
    pub owner: String,
    pub balance: u64,
    pub lines: Vec<i64>,
}

#[projection(Account)]
impl Statement {
    #[apply]
    fn opened(&mut self, event: &AccountOpened) {
        self.owner.clone_from(&event.owner);
    }

    #[apply]
    fn deposited(&mut self, event: &MoneyDeposited) {
        self.balance = self.balance.saturating_add(event.cents);
        self.lines.push(event.cents.cast_signed());
    }

    #[apply]
    fn withdrawn(&mut self, event: &MoneyWithdrawn) {
        self.balance = self.balance.saturating_sub(event.cents);
        self.lines.push(event.cents.cast_signed().wrapping_neg());
    }
}

#[projection(key(owner: String))]
#[derive(Debug, Default)]
pub struct OwnerAccounts {
    pub accounts: u32,
}

#[projection(key(owner))]
impl OwnerAccounts {
    #[apply(key(owner = event.owner.clone()))]
    fn opened(&mut self, event: &AccountOpened) {
        let _ = event;
        self.accounts += 1;
    }
}

/// An aggregate whose key has two fields, one of them a number.
#[command]
pub struct Furnish {
    pub beds: u8,
    pub extras: Vec<Extra>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, EventData)]
#[serde(rename_all = "camelCase")]
pub enum Extra {
    Desk { width: u32 },
    Sofa,
}

#[event]
pub struct RoomFurnished {
    pub beds: u8,
}

#[aggregate(entity = "HOTEL_ROOM", key(hotel: String, room_number: u32))]
#[derive(Default)]
pub struct Room {}

#[aggregate]
impl Room {
    #[command]
    fn furnish(&self, command: &Furnish) -> Result<RoomFurnished, Infallible> {
        Ok(RoomFurnished { beds: command.beds })
    }

    #[apply]
    fn furnished(&mut self, _: &RoomFurnished) {}
}

/// The sender of the request. The token is `tenant/user`; a real bank has signed tokens.
pub struct Teller {
    tenant: Tenant,
    user: String,
}

impl<S: Sync> FromRequestParts<S> for Teller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|header| header.strip_prefix("Bearer "));
        let names = token.and_then(|token| token.split_once('/'));
        let (tenant, user) =
            names.ok_or_else(|| Problem::unauthorized("no bearer token").of_type("no-token"))?;
        let tenant = Tenant::new(tenant).map_err(|_| Problem::unauthorized("no tenant"))?;
        Ok(Self { tenant, user: user.to_owned() })
    }
}

impl Caller for Teller {
    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn user(&self) -> Option<&str> {
        Some(&self.user)
    }

    fn allow(&self, access: &Access<'_>) -> Result<(), Problem> {
        match (self.user.as_str(), access.name) {
            ("trainee", "Withdraw") => Err(Problem::forbidden("a trainee gives no money away")),
            ("guest", _) if access.id == Some("ritz#7") => {
                Err(Problem::forbidden("another guest lives there"))
            }
            _ => Ok(()),
        }
    }
}

pub fn app() -> App {
    App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).build().unwrap()
}

pub fn api(app: &App) -> Api<Teller> {
    Api::<Teller>::new(app)
        .title("Bank")
        .bearer()
        .command::<Account, Open>()
        .command::<Account, Deposit>()
        .command::<Account, Withdraw>()
        .command::<Room, Furnish>()
        .view::<Statement>()
        .view::<OwnerAccounts>()
        .query::<Statement>()
        .query::<OwnerAccounts>()
        .history::<Account>()
}

pub fn router(app: &App) -> Router {
    api(app).router().unwrap()
}
