//! Serves the bank, and delivers its events, until Ctrl-C:
//!
//! ```console
//! $ cargo run -p bank-http &
//! $ curl -i localhost:8080/accounts/4711/open -H 'Authorization: Bearer ada-secret' --json '{"owner": "Ada"}'
//! $ curl -i localhost:8080/accounts/4711/deposit -H 'Authorization: Bearer ada-secret' -H 'Idempotency-Key: 1' --json '{"cents": 500}'
//! $ curl -i localhost:8080/statements/4711 -H 'Authorization: Bearer ada-secret'
//! ```

use std::error::Error;
use std::process::ExitCode;

use bank_http::api;
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_http::axum;
use tokio::net::TcpListener;
use tokio::sync::watch;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let app = App::builder(Dynamo::embedded_in_memory().await?).build()?;
    let router = api(&app).router()?;
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    println!("http://{}/openapi.json", listener.local_addr()?);

    let stop = watch::Sender::new(false);
    let until_stopped = || {
        let mut stop = stop.subscribe();
        async move {
            // The sender is there for as long as `main` is.
            let _ = stop.wait_for(|stop| *stop).await;
        }
    };
    let on_ctrl_c = stop.clone();
    tokio::spawn(async move {
        tokio::signal::ctrl_c().await.unwrap_or_default();
        on_ctrl_c.send_replace(true);
    });
    // Requests that are under way are answered, and commits that were taken are delivered to their end. Where one of the two ends by
    // itself, the other one ends too: a server without delivery would take commands that no view ever shows.
    let server = axum::serve(listener, router).with_graceful_shutdown(until_stopped());
    let (served, delivered) = tokio::join!(
        ended("the server", &stop, server.into_future()),
        ended("the delivery", &stop, app.run(until_stopped())),
    );
    Ok(if served && delivered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a part to its end, tells why it failed, and stops the other part. Whether it ended well.
async fn ended<T, E: Error>(
    name: &str,
    stop: &watch::Sender<bool>,
    part: impl Future<Output = Result<T, E>>,
) -> bool {
    let result = part.await;
    if let Err(error) = &result {
        eprintln!("{name} has ended: {error}");
    }
    stop.send_replace(true);
    result.is_ok()
}
