//! The orders of a shop: commands from a file, executed, delivered, and shown as read models.
//!
//! [`domain`] and [`read_models`] are what a user of the framework writes. The rest is the program around it:
//! [`mod@file`] reads and checks the commands, [`session`] executes and delivers them, [`report`] holds the results,
//! and [`text`] shows them to people.
//!
//! With the feature `aws`, [`aws`] takes the events over SNS and SQS instead.

#[cfg(feature = "aws")]
pub mod arrival;
#[cfg(feature = "aws")]
pub mod aws;
pub mod domain;
pub mod entry;
pub mod error;
pub mod file;
pub mod input;
pub mod money;
pub mod options;
pub mod outcome;
pub mod progress;
pub mod read_models;
pub mod report;
pub mod session;
pub mod table;
pub mod text;
mod wiring;

pub use error::RunError;
pub use options::Options;
pub use report::Report;

use std::path::Path;

use cqrs_core::Tenant;
use file::CommandFile;
use options::{Part, Place, Shown, Stack};
use report::TenantViews;
use session::Session;

/// Executes a file of commands, delivers the events, and reads the result.
///
/// If it is killed at any moment and started again, it continues: a command that is already in the store is not
/// executed again, and the delivery starts where it stopped.
///
/// # Errors
/// [`RunError`]. A file with a bad line is refused as a whole, before anything is executed.
pub async fn run(options: &Options) -> Result<Report, RunError> {
    let file = CommandFile::read(&options.file)?;
    let wanted = options.order.as_deref().map(|id| file.find_order(id)).transpose()?;
    let session = open(&options.place).await?;

    let start = session.cost();
    let outcomes = session.execute(&file).await?;
    let executed = session.cost();
    let delivery = session.deliver(&file).await?;
    let delivered = session.cost();

    let replays = if options.replay { session.replay().await? } else { Vec::new() };

    let closely = wanted.or_else(|| file.longest_order(&outcomes));
    let order = match closely {
        Some(entry) => session.trail(&entry.key).await?,
        None => None,
    };
    let tenants = session.tenants(file.tenants()).await?;
    let customer = match listed_customer(&tenants, options.customer.as_deref()) {
        Some((tenant, customer)) => Some(session.newest(&tenant, customer).await?),
        None => None,
    };
    Ok(Report {
        file: shown(&options.file),
        database: match &options.place {
            Place::Embedded(path) => shown(path),
            Place::Aws(stack) => format!("AWS, as `{}*`", stack.prefix),
        },
        commands: report::Commands::new(&file, outcomes, executed - start),
        delivery: report::Delivery { cost: (delivered - executed).into(), ..delivery },
        tenants,
        customer,
        order,
        replays,
    })
}

/// The customer with that id, or the first one with the most orders.
fn listed_customer<'a>(tenants: &'a [TenantViews], wanted: Option<&'a str>) -> Option<(Tenant, &'a str)> {
    let customers = tenants.iter().flat_map(|views| views.customers.iter().map(move |row| (views, row)));
    let (views, row) = match wanted {
        Some(id) => customers.into_iter().find(|(_, row)| row.customer_id == id)?,
        None => customers.rev().max_by_key(|(_, row)| row.totals.orders)?,
    };
    Some((Tenant::new(&*views.tenant).ok()?, &row.customer_id))
}

async fn open(place: &Place) -> Result<Session, RunError> {
    match place {
        #[cfg(feature = "embedded")]
        Place::Embedded(path) => Session::open(path).await,
        #[cfg(not(feature = "embedded"))]
        Place::Embedded(_) => Err(RunError::NoEmbedded),
        #[cfg(feature = "aws")]
        Place::Aws(stack) => Session::connect(stack).await,
        #[cfg(not(feature = "aws"))]
        Place::Aws(_) => Err(RunError::NoAws),
    }
}

/// Opens the console on what is stored, and answers until it is interrupted.
///
/// # Errors
/// [`RunError::NoDatabase`], [`RunError::Console`], and those of a run that opens the place; [`RunError::NoConsole`] in
/// a build without the console.
pub async fn console(shown: &Shown) -> Result<(), RunError> {
    #[cfg(feature = "console")]
    {
        if let Place::Embedded(path) = &shown.place
            && !path.exists()
        {
            return Err(RunError::NoDatabase { path: path.clone() });
        }
        let session = open(&shown.place).await?;
        let console = cqrs_console::Console::new(session.app()).program("orders").writable(shown.writable);
        let console = console.port(shown.port).events_lock(include_str!("../events.lock"));
        let interrupted = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
        Ok(console.serve(interrupted).await?)
    }
    #[cfg(not(feature = "console"))]
    {
        let _ = shown;
        Err(RunError::NoConsole)
    }
}

/// Runs a part of the way over AWS until it is interrupted, and returns how many commits or messages it has handled.
///
/// # Errors
/// [`RunError::Tables`], [`RunError::Broker`], [`RunError::Delivery`]; [`RunError::NoAws`] in a build without AWS.
pub async fn serve(part: Part, stack: &Stack) -> Result<u64, RunError> {
    #[cfg(feature = "aws")]
    if let Some(pipeline) = Session::connect(stack).await?.pipeline() {
        return pipeline.serve(part).await;
    }
    let _ = (part, stack);
    Err(RunError::NoAws)
}

/// A path as the reader would type it here.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
