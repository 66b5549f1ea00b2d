//! The operations of the API, and the rights of its callers.

use cqrs_core::prelude::*;
use cqrs_http::axum::extract::FromRequestParts;
use cqrs_http::axum::http::{header, request::Parts};
use cqrs_http::{Api, Caller, Problem};

use crate::{Account, Deposit, Open, Statement, Withdraw};

/// The sender of a request, by its bearer token.
pub struct Teller {
    tenant: Tenant,
    user: &'static str,
}

/// The tokens of this example. A real bank verifies signed tokens of its identity provider.
const TOKENS: [(&str, &str, &str); 2] = [("ada-secret", "BANK", "ada"), ("eve-secret", "OTHER-BANK", "eve")];

impl<S: Sync> FromRequestParts<S> for Teller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let sent = header.and_then(|header| header.strip_prefix("Bearer ")).unwrap_or_default();
        let known = TOKENS.iter().find(|(token, ..)| *token == sent);
        let (_, tenant, user) =
            known.ok_or_else(|| Problem::unauthorized("the bearer token is missing or wrong"))?;
        let tenant = Tenant::new(*tenant).map_err(|error| Problem::from(&error))?;
        Ok(Self { tenant, user })
    }
}

impl Caller for Teller {
    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn user(&self) -> Option<&str> {
        Some(self.user)
    }
}

/// All operations of clients; nothing else can be reached.
pub fn api(app: &App) -> Api<Teller> {
    Api::<Teller>::new(app)
        .title("Bank")
        .bearer()
        .command::<Account, Open>()
        .command::<Account, Deposit>()
        .command::<Account, Withdraw>()
        .view::<Statement>()
        .query::<Statement>()
        .history::<Account>()
        .document()
}
