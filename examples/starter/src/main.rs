//! Serves the library by HTTP, and delivers its events, until Ctrl-C or SIGTERM.

use std::error::Error;
use std::process::ExitCode;

use cqrs::http::{Server, shutdown_signal};

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let app = starter::app().await?;
    let router = starter::api::api(&app).router()?;
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let server = Server::bind(&address).await?;
    println!("listening on {}", server.url());
    // After the signal, requests and deliveries that are under way finish.
    server.run(&app, router, shutdown_signal()).await?;
    println!("stopped");
    Ok(())
}
