//! What clients may do by HTTP, and who they are.

use cqrs::http::axum::extract::FromRequestParts;
use cqrs::http::axum::http::{header, request::Parts};
use cqrs::http::{Api, Caller, Problem, Rejection};
use cqrs::prelude::*;

use crate::library::{Book, BookError, Buy, Lend, Return};
use crate::views::{Card, Loans};

/// Clients can reach only what is listed here.
pub fn api(app: &App) -> Api<Clerk> {
    Api::new(app)
        .title("Library")
        .bearer()
        .command::<Book, Buy>() // POST /books/{id}/buy
        .command::<Book, Lend>() // POST /books/{id}/lend
        .command::<Book, Return>() // POST /books/{id}/return
        .view::<Card>() // GET /cards/{id}
        .view::<Loans>() // GET /loans/{reader}
        .history::<Book>() // GET /books/{id}/history
        .document() // GET /openapi.json
}

/// Who sends a request.
pub struct Clerk {
    tenant: Tenant,
    user: String,
}

/// The one place where a tenant is granted. Verify the tokens of your identity provider here.
impl<S: Sync> FromRequestParts<S> for Clerk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.headers.get(header::AUTHORIZATION) {
            Some(sent) if sent == "Bearer secret" => Ok(Self {
                tenant: Tenant::new("LIBRARY").map_err(|error| Problem::from(&error))?,
                user: "clerk".to_owned(),
            }),
            _ => Err(Problem::unauthorized("no valid token")),
        }
    }
}

impl Caller for Clerk {
    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn user(&self) -> Option<&str> {
        Some(&self.user)
    }
}

/// The texts of these rejections are sent to clients, with a type by which programs distinguish them.
impl Rejection for BookError {
    fn kind(&self) -> &'static str {
        match self {
            Self::BoughtAlready => "bought-already",
            Self::Unknown => "unknown-book",
            Self::Lent { .. } => "lent",
            Self::NotLent => "not-lent",
        }
    }
}
