//! A program with the command line of an operator, for `tests/tests/cli`: a small inn in an embedded file, or on the
//! DynamoDB that the AWS environment selects.

mod house;

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use cqrs_cli::{Arguments, Cli, Target};
use cqrs_core::BuildError;
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_dynamo::template::Template;
use cqrs_dynamo::{Broker, Dynamo, Tables};
use house::{Hold, Invoices, Pay, Release, RoomKey};

/// An inn.
#[derive(Parser)]
#[command(name = "inn")]
enum Inn {
    /// Take some guests in, and deliver
    Seed,
    /// Deliver what there is
    Deliver,
    /// Look after what is stored and delivered
    Ops(Arguments),
    /// The same on an app alone, of which nothing else is known
    Bare(Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    match Inn::parse() {
        Inn::Seed => ended(seed().await),
        Inn::Deliver => ended(deliver().await),
        Inn::Ops(arguments) => Cli::new("inn", target).program(Inn::command()).answer(arguments).await,
        Inn::Bare(arguments) => Cli::new("inn", bare).answer(arguments).await,
    }
}

fn ended(done: Result<(), Box<dyn Error>>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn dynamo() -> Result<Dynamo, Box<dyn Error>> {
    let prefix = env::var("INN_PREFIX").unwrap_or_default();
    Ok(match env::var_os("INN_FILE") {
        Some(file) => Dynamo::embedded(file).await?,
        None => Dynamo::from_env().await?.with_tables(Tables::with_prefix(&prefix)),
    })
}

fn app(dynamo: &Dynamo) -> Result<App, Box<dyn Error>> {
    let invoices = Invoices { works: env::var_os("INN_INVOICES").is_some() };
    Ok(App::builder(dynamo).provide(invoices).build()?)
}

async fn target() -> Result<Target, Box<dyn Error>> {
    let dynamo = dynamo().await?;
    let app = app(&dynamo)?;
    let template = Template::of(app.wiring()).prefix("inn-");
    let target = Target::new(app).dynamo(&dynamo).template(template);
    Ok(match env::var("INN_BROKER") {
        Ok(prefix) => target.broker(&Broker::from_conf(dynamo.sdk_config()).with_prefix(prefix)),
        Err(_) => target,
    })
}

async fn bare() -> Result<App, BuildError> {
    let invoices = Invoices { works: true };
    App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).provide(invoices).build()
}

async fn seed() -> Result<(), Box<dyn Error>> {
    let dynamo = dynamo().await?;
    dynamo.create_tables().await?;
    let app = app(&dynamo)?;
    if let Ok(prefix) = env::var("INN_BROKER") {
        Broker::from_conf(dynamo.sdk_config()).with_prefix(prefix).create(&app).await?;
    }
    let tenant = Tenant::new("INN")?;
    let room = |number: &str| RoomKey::new(&tenant, number);
    for (number, guest, cents) in
        [("101", "Ada", 12_000), ("102", "Bob", 9_000), ("103", house::ILL_WILL, 7_000)]
    {
        let hold = Hold { reservation: format!("R-{number}"), guest: guest.into(), cents };
        app.execute(&room(number), hold).by("desk").command_id(format!("hold-{number}")).await?;
    }
    app.run_until_idle().await?;
    app.execute(&room("101"), Pay).by("desk").await?;
    let far = Timestamp::now() + Duration::from_secs(365 * 24 * 3600);
    let release = Release { reason: "the season ends".into() };
    app.execute(&room("102"), release).command_id("release-102").due(far).await?;
    app.run_until_idle().await?;
    Ok(())
}

async fn deliver() -> Result<(), Box<dyn Error>> {
    app(&dynamo().await?)?.run_until_idle().await?;
    Ok(())
}
