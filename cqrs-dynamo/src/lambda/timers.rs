use std::sync::Arc;
use std::time::Duration;

use cqrs_core::App;
use cqrs_core::app::Swept;
use cqrs_core::delivery::DeliveryError;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::de::IgnoredAny;

use super::{deadline, letters};
use crate::names::partition::TIMERS;

/// Why a sweep of a [`TimersFunction`] did not finish.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The error of [`App::sweep`]. The timers are still stored.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// Some commands became dead letters. The others were executed, or wait.
    #[error(
        "{} of the commands that were due became dead letters of `@timers` or of a process, {} were executed, and {} wait for the \
         next sweep; the log says why", .swept.failed, .swept.fired, .swept.left
    )]
    Failed {
        /// What the sweep did.
        swept: Swept,
    },
    /// Some commands could not be executed at present, and wait for the next sweep. The others were executed.
    #[error("{} of the commands that are due wait for the next sweep, {} were executed; the log says why", .swept.left, .swept.fired)]
    Late {
        /// What the sweep did.
        swept: Swept,
    },
    /// There was no time for everything that is due. What was fired is done, and the next sweep continues.
    #[error(
        "the sweep was not done after {} ms; the next one continues. If this comes again, more is due than one function can do, or \
         a command hangs", .after.as_millis()
    )]
    OutOfTime {
        /// How long the sweep had.
        after: Duration,
    },
}

/// Executes due commands, as a Lambda function on a schedule: once a minute, in a [`Template`](crate::template::Template).
///
/// The content of the event is ignored. A sweep that fails, does not finish in time, or leaves something for the next one is an
/// error for Lambda: its metrics `Errors` and `AsyncEventsDropped` count it, and the template has an alarm on that. What waits
/// for a newer program is not an error. Nothing is lost: timers stay stored until they are fired. Sweeps may overlap; each timer
/// is fired by one of them.
///
/// CloudWatch gets the number of dead letters of `@timers` and of all processes as the metric `DeadLetters` of the namespace
/// `Foldline`, with each call. It counts up to one page of each. The template has an alarm on it.
///
/// ```no_run
/// use cqrs_core::App;
/// use cqrs_dynamo::lambda::TimersFunction;
/// use cqrs_dynamo::template::PREFIX;
/// use cqrs_dynamo::{Dynamo, Tables};
///
/// # async fn example() -> Result<(), lambda_runtime::Error> {
/// let prefix = std::env::var(PREFIX)?; // What the template sets.
/// let dynamo = Dynamo::from_env().await?.with_tables(Tables::with_prefix(&prefix));
/// let app = App::builder(&dynamo).only([]).build()?;
/// TimersFunction::new(&app).run().await
/// # }
/// ```
#[derive(Debug)]
pub struct TimersFunction {
    app: App,
}

impl TimersFunction {
    /// The timers of an app. It needs no subscribers: `only([])`.
    #[must_use]
    pub fn new(app: &App) -> Self {
        Self { app: app.clone() }
    }

    /// Executes what is due, in one pass, for as long as there is `left`. A command in progress at that time may be done or not,
    /// and its timer with it.
    ///
    /// # Errors
    /// [`SweepError`]; nothing is lost.
    pub async fn answer(&self, left: Duration) -> Result<Swept, SweepError> {
        let swept = tokio::time::timeout(left, self.app.sweep()).await;
        let swept = swept.map_err(|_| SweepError::OutOfTime { after: left })??;
        let Swept { fired, failed, left, newer, .. } = swept;
        if fired > 0 {
            tracing::info!(fired, left, newer, "commands that were due");
        }
        match (failed, left) {
            (0, 0) => Ok(swept),
            (0, _) => Err(SweepError::Late { swept }),
            _ => Err(SweepError::Failed { swept }),
        }
    }

    /// Counts the dead letters of `@timers` and of all linked processes, up to one page of each, and reports the number to
    /// CloudWatch. [`TimersFunction::run`] calls this with each event.
    ///
    /// # Errors
    /// [`DeliveryError`].
    pub async fn count_dead_letters(&self) -> Result<u64, DeliveryError> {
        letters::count(&self.app, std::iter::once(TIMERS).chain(cqrs_core::spi::processes())).await
    }

    /// Answers the events of the Lambda runtime until they end. An invocation is answered before it runs out of time.
    ///
    /// # Errors
    /// The error of the runtime.
    pub async fn run(self) -> Result<(), Error> {
        let this = Arc::new(self);
        lambda_runtime::run(service_fn(move |event: LambdaEvent<IgnoredAny>| {
            let this = Arc::clone(&this);
            // In a box: the futures of a program that are around it would be deeper than the compiler goes.
            Box::pin(async move {
                let left = deadline::time_left(&event.context);
                let count = letters::within(left, this.count_dead_letters());
                let (answer, ()) = tokio::join!(this.answer(left), count);
                match answer {
                    Ok(_) => Ok::<_, Error>(()),
                    Err(error) => {
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            "a sweep of the timers failed"
                        );
                        Err(error.into())
                    }
                }
            })
        }))
        .await
    }
}
