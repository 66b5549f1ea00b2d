//! What the builds of the program have in common: all but their events, and what decides, folds and handles them.

mod journal;
mod part;
mod stack;

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use cqrs_core::app::Settings;
use cqrs_core::{App, ExecuteError, StoreError};
use cqrs_dynamo::Dynamo;
use serde_json::Value;

pub use journal::Journal;

/// Whatever ends a program.
pub type Fault = Box<dyn Error + Send + Sync>;

/// One build of the program.
pub trait Build: Send + Sync + 'static {
    /// Its name in the journal.
    const NAME: &'static str;

    /// The app with all that this build links.
    ///
    /// # Errors
    /// Where its wiring is wrong.
    fn app(dynamo: &Dynamo, journal: Journal) -> Result<App, Fault>;

    /// Executes one command on a parcel, whichever comes.
    fn command(
        app: &App,
        parcel: &str,
        random: &mut fastrand::Rng,
    ) -> impl Future<Output = Result<Done, Fault>>;

    /// Rebuilds the views that this build folds in another way than the one before it; nothing for the first one.
    fn replay(_app: &App) -> impl Future<Output = Result<(), Fault>> {
        async { Ok(()) }
    }

    /// All views that there are, by their name and their key.
    fn views(app: &App) -> impl Future<Output = Result<Value, Fault>>;
}

/// What both builds are set to.
pub fn settings(settings: &mut Settings) {
    // How long an event waits for a process that was killed.
    (settings.inbox_lease, settings.handler_timeout) = (Duration::from_secs(3), Duration::from_secs(2));
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It is committed, or there was nothing to do.
    Executed,
    /// A business rule said no.
    Rejected,
    /// This build cannot read the parcel: the other one stored an event that is newer.
    Newer,
}

impl Done {
    /// Tells what belongs to a deployment from what is wrong.
    ///
    /// # Errors
    /// What is wrong.
    pub fn of<T, E: Error + Send + Sync + 'static>(
        outcome: Result<T, ExecuteError<E>>,
    ) -> Result<Self, Fault> {
        match outcome {
            Ok(_) => Ok(Self::Executed),
            Err(ExecuteError::Rejected(_)) => Ok(Self::Rejected),
            Err(error) if is_newer(&error) => Ok(Self::Newer),
            Err(error) => Err(error.into()),
        }
    }
}

fn is_newer(error: &(dyn Error + 'static)) -> bool {
    match error.downcast_ref() {
        Some(StoreError::Decode(decode)) => decode.is_newer(),
        _ => error.source().is_some_and(is_newer),
    }
}

/// Runs the part of the program that the command line asks for.
///
/// # Errors
/// Whatever ends it.
pub fn run<B: Build>() -> Result<(), Fault> {
    tokio::runtime::Runtime::new()?.block_on(part::run::<B>())
}
