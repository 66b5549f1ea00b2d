//! Two reservations: one is paid, and the other is not. Fifteen minutes pass at once.
//!
//! `cargo run -p booking -- book` takes one into a file instead, where it waits for its money, and
//! `cargo run -p booking -- ops …` inspects that file: `ops timers list`, `ops history ROOM HOTEL 101 --data`,
//! `ops --help`.

mod booking;
mod payment;
mod room;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use booking::BookingKey;
use clap::{CommandFactory, Parser, Subcommand};
use cqrs_cli::{Arguments, Cli, Target};
use cqrs_core::prelude::*;
use cqrs_core::process::Effect;
use cqrs_core::testing::Clock;
use cqrs_dynamo::Dynamo;
use payment::{PaymentKey, TakePayment};
use room::{HoldRoom, RoomKey};

/// Reservations, payments, and what happens where they do not come
#[derive(Parser)]
#[command(name = "booking")]
struct Program {
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Subcommand)]
enum Part {
    /// Take a reservation into `booking.db`, and deliver
    Book,
    /// Look after what `booking.db` has
    Ops(Box<Arguments>),
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    match Program::parse().part {
        None => story().await?,
        Some(Part::Book) => book().await?,
        Some(Part::Ops(arguments)) => {
            return Ok(Cli::new("booking", target).program(Program::command()).answer(*arguments).await);
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn target() -> Result<Target, Box<dyn Error>> {
    let dynamo = Dynamo::embedded("booking.db").await?;
    Ok(Target::new(App::builder(&dynamo).build()?).dynamo(&dynamo))
}

async fn book() -> Result<(), Box<dyn Error>> {
    let app = App::builder(Dynamo::embedded("booking.db").await?).build()?;
    let hold = HoldRoom { reservation: "R-1".into(), cents: 12_000 };
    app.execute(&RoomKey::new(&Tenant::new("HOTEL")?, "101"), hold).command_id("R-1").await?;
    app.run_until_idle().await?;
    Ok(())
}

async fn story() -> Result<(), Box<dyn Error>> {
    // A clock that this program moves. Without it, the machine's clock is used, and `app.run(…)` waits for deadlines.
    let clock = Clock::at("2024-01-01T10:00:00Z".parse()?);
    let app = App::builder(Dynamo::embedded_in_memory().await?).clock(&clock).build()?;
    let tenant = Tenant::new("HOTEL")?;

    for (room, reservation) in [("101", "R-1"), ("102", "R-2")] {
        let hold = HoldRoom { reservation: reservation.into(), cents: 12_000 };
        app.execute(&RoomKey::new(&tenant, room), hold).await?;
    }
    app.run_until_idle().await?;
    app.execute(&PaymentKey::new(&tenant, "R-1"), TakePayment).await?;
    app.run_until_idle().await?;

    clock.advance(Duration::from_secs(15 * 60));
    app.run_until_idle().await?;

    for (room, reservation) in [("101", "R-1"), ("102", "R-2")] {
        let room = app.load(&RoomKey::new(&tenant, room)).await?.state;
        println!("{reservation}: held for {:?}, confirmed: {}", room.held_for, room.confirmed);
        for step in app.history(&BookingKey::new(&tenant, reservation)).read_all().await? {
            let effects: Vec<_> = step.effects().iter().map(told).collect();
            println!("  {} {}", step.metadata().created_at, effects.join(", "));
        }
    }
    Ok(())
}

fn told(effect: &Effect) -> String {
    match effect {
        Effect::Execute { r#type, sk, .. } => format!("{type} to {sk}"),
        Effect::Set { deadline, due, .. } => format!("{deadline} at {due}"),
        Effect::Cancel { deadline, .. } => format!("no {deadline}"),
        _ => "the end".to_owned(),
    }
}
