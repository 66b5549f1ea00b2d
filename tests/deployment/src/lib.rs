//! What the builds of the program share: everything except their events, and the code that decides on, folds and
//! handles them.

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

/// An error that ends a program.
pub type Fault = Box<dyn Error + Send + Sync>;

/// One build of the program.
pub trait Build: Send + Sync + 'static {
    /// Its name in the journal.
    const NAME: &'static str;

    /// The app with all that this build links.
    ///
    /// # Errors
    /// If its wiring is wrong.
    fn app(dynamo: &Dynamo, journal: Journal) -> Result<App, Fault>;

    /// Executes one command on a parcel.
    fn command(
        app: &App,
        parcel: &str,
        random: &mut fastrand::Rng,
    ) -> impl Future<Output = Result<Done, Fault>>;

    /// Rebuilds the views that this build folds differently from the previous one; does nothing for the first build.
    fn replay(_app: &App) -> impl Future<Output = Result<(), Fault>> {
        async { Ok(()) }
    }

    /// All existing views, by their name and their key.
    fn views(app: &App) -> impl Future<Output = Result<Value, Fault>>;
}

/// The settings of both builds.
pub fn settings(settings: &mut Settings) {
    // How long an event waits for a process that was killed.
    (settings.inbox_lease, settings.handler_timeout) = (Duration::from_secs(3), Duration::from_secs(2));
}

/// The result of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It is committed, or there was nothing to do.
    Executed,
    /// A business rule rejected it.
    Rejected,
    /// This build cannot read the parcel: the other one stored an event that is newer.
    Newer,
}

impl Done {
    /// Tells a result that belongs to a deployment from a fault.
    ///
    /// # Errors
    /// The fault.
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

fn is_newer<E>(error: &ExecuteError<E>) -> bool {
    matches!(error, ExecuteError::Store { source: StoreError::Decode(decode), .. } if decode.is_newer())
}

/// Runs the part of the program that the command line asks for.
///
/// # Errors
/// An error that ends the part.
pub fn run<B: Build>() -> Result<(), Fault> {
    tokio::runtime::Runtime::new()?.block_on(part::run::<B>())
}
