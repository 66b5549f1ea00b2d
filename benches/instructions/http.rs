//! A warm command by HTTP, without a socket, beside the same one by `App::execute`, both on the embedded store.

use std::convert::Infallible;
use std::hint::black_box;

use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_http::axum::body::Body;
use cqrs_http::axum::extract::FromRequestParts;
use cqrs_http::axum::http::request::Parts;
use cqrs_http::axum::http::{Request, header};
use cqrs_http::{Api, Caller, Problem};
use tower::ServiceExt;

use crate::{Fallible, block_on};

#[event]
pub(crate) struct CashAdded {
    cents: u64,
}

#[command]
pub(crate) struct AddCash {
    cents: u64,
}

#[aggregate(entity = "SAFE")]
#[derive(Default, Clone)]
pub(crate) struct Safe {
    balance: u64,
}

#[aggregate]
impl Safe {
    #[command]
    fn add_cash(&self, command: &AddCash) -> Result<CashAdded, Infallible> {
        Ok(CashAdded { cents: command.cents })
    }

    #[apply]
    fn cash_added(&mut self, event: &CashAdded) {
        self.balance += event.cents;
    }
}

struct Teller(Tenant);

impl<S: Sync> FromRequestParts<S> for Teller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let token = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let tenant = token.and_then(|token| token.strip_prefix("Bearer ")).unwrap_or_default();
        Tenant::new(tenant).map(Self).map_err(|error| Problem::from(&error))
    }
}

impl Caller for Teller {
    fn tenant(&self) -> &Tenant {
        &self.0
    }

    fn user(&self) -> Option<&str> {
        Some("teller-1")
    }
}

/// By HTTP: the request is made, the answer is dropped.
pub(crate) fn requested(commands: usize) -> Fallible<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let app = runtime.block_on(app())?;
    let router = Api::<Teller>::new(&app).command::<Safe, AddCash>().router()?;
    block_on(async {
        for _ in 0..commands {
            let request = Request::post("/safes/1/add-cash")
                .header(header::AUTHORIZATION, "Bearer BANK")
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from("{\"cents\":500}"))?;
            let answer = router.clone().oneshot(black_box(request)).await?;
            if !answer.status().is_success() {
                return Err(answer.status().to_string().into());
            }
        }
        Ok(())
    })?
}

/// By the app.
pub(crate) fn executed(commands: usize) -> Fallible<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let app = runtime.block_on(app())?;
    let safe = SafeKey::new(&Tenant::new("BANK")?, "1");
    block_on(async {
        for _ in 0..commands {
            black_box(app.execute(black_box(&safe), AddCash { cents: 500 }).by("teller-1").await?);
        }
        Ok(())
    })?
}

/// With the first commit done, and the state in memory.
async fn app() -> Fallible<App> {
    let app = App::builder(Dynamo::embedded_in_memory().await?).only([]).build()?;
    app.execute(&SafeKey::new(&Tenant::new("BANK")?, "1"), AddCash { cents: 1 }).await?;
    Ok(app)
}
