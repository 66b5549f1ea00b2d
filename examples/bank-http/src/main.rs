//! Serves the bank, and delivers its events, until Ctrl-C or SIGTERM:
//!
//! ```console
//! $ cargo run -p bank-http &
//! $ curl -i localhost:8080/accounts/4711/open -H 'Authorization: Bearer ada-secret' --json '{"owner": "Ada"}'
//! $ curl -i localhost:8080/accounts/4711/deposit -H 'Authorization: Bearer ada-secret' -H 'Idempotency-Key: 1' --json '{"cents": 500}'
//! $ curl -i localhost:8080/statements/4711 -H 'Authorization: Bearer ada-secret'
//! ```

use std::error::Error;

use bank_http::api;
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_http::{Server, shutdown_signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = App::builder(Dynamo::embedded_in_memory().await?).build()?;
    let router = api(&app).router()?;
    let server = Server::bind("127.0.0.1:8080").await?;
    println!("{}/openapi.json", server.url());
    server.run(&app, router, shutdown_signal()).await?;
    Ok(())
}
