use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use cqrs_core::App;
use cqrs_core::delivery::{DeliveryError, FeedConsumer, LetterCount};
use futures_util::FutureExt;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use tokio::sync::Mutex;

use super::{deadline, metric, record};

/// How often the dead letters are checked. No invocation of an older version lasts longer (AWS Lambda Developer Guide, "Lambda
/// quotas"), so its dead letters after a deployment are redriven as well.
const EVERY: Duration = Duration::from_mins(15);
const SOON: Duration = Duration::from_mins(1);
/// How long a check may take. The answer waits for it, and so does everything after it in the shard.
const LOOK: Duration = Duration::from_secs(5);
/// How long settling the projections may take.
const SETTLE: Duration = Duration::from_secs(2);

/// All projections of an app as one Lambda function that the stream of the events table invokes, without a topic, queues and a
/// function for each projection. [`Template::projections`](crate::template::Template::projections) deploys it.
///
/// The projections work as behind queues: the same code, a commit at most once and in the order of its stream, and each
/// independent of the others. A commit that one of them cannot take is retried by
/// [`Settings::delivery`](cqrs_core::app::Settings), and then becomes its dead letter in the delivery table. Later commits of
/// that stream wait behind it, for this projection only. A new instance tries the first of them once before it stores
/// it. If the cause is fixed by then, the view takes it with all commits before it, and a redrive of the letters has
/// nothing left to do. `app.dead_letters()` lists, redrives and discards them, from any process. Those of
/// `@projections` are records that are not commits, and commits with an event that only a newer program knows. A relay
/// that runs in addition to this function keeps its own under `@relay`. What an older program did not know is redriven
/// automatically.
///
/// If a failure is not the commit's fault, its record comes again with all later records of its shard: for example, a store is
/// down, or another release has yet to take a commit into its views. The other projections of the shard then wait as well, with
/// everything after the batch.
///
/// CloudWatch gets the number of dead letters as the metric `DeadLetters` of the namespace `Foldline`: at an instance's first
/// event, every 15 minutes, and when the number grows. A check takes 5 seconds at most. If that is not enough, the metric is the
/// count so far, and the next check continues a minute later. The template has an alarm on it.
///
/// ```no_run
/// use cqrs_core::App;
/// use cqrs_dynamo::lambda::ProjectionsFunction;
/// use cqrs_dynamo::template::PREFIX;
/// use cqrs_dynamo::{Dynamo, Tables};
///
/// # async fn example() -> Result<(), lambda_runtime::Error> {
/// let prefix = std::env::var(PREFIX)?; // What the template sets.
/// let dynamo = Dynamo::from_env().await?.with_tables(Tables::with_prefix(&prefix));
/// let app = App::builder(&dynamo).without_handlers().build()?;
/// ProjectionsFunction::new(&app).run().await
/// # }
/// ```
#[derive(Debug)]
pub struct ProjectionsFunction {
    consumer: FeedConsumer,
    looked: Mutex<Option<Look>>,
}

/// The last check of the dead letters.
#[derive(Debug)]
struct Look {
    at: Instant,
    /// How many had been stored by then.
    put_away: u64,
    /// `None` if it failed.
    found: Option<LetterCount>,
}

impl Look {
    fn is_over(&self, put_away: u64) -> bool {
        let pause = match self.found {
            // The first letter must raise an alarm at once. Further ones can wait for the next check.
            Some(LetterCount { more: false, waiting: false, letters, .. }) => match self.put_away == put_away
            {
                true => EVERY,
                false if letters == 0 => Duration::ZERO,
                false => SOON,
            },
            _ => SOON,
        };
        self.at.elapsed() >= pause
    }
}

impl ProjectionsFunction {
    /// The projections of an app. Its handlers, if any, get nothing from here.
    #[must_use]
    pub fn new(app: &App) -> Self {
        Self { consumer: app.feed_consumer(), looked: Mutex::default() }
    }

    /// Delivers the records of one event to the projections. On `stop`, work in progress is dropped and comes again.
    pub async fn answer(&self, event: Event, stop: impl Future<Output = ()>) -> DynamoDbEventResponse {
        let (numbers, records): (Vec<_>, Vec<_>) = event.records.into_iter().filter_map(record::read).unzip();
        let stop = stop.shared();
        let taken = self.consumer.take_until(&records, stop.clone()).await;
        // Nothing runs between two events.
        tokio::select! {
            () = self.consumer.settle() => {}
            () = tokio::time::sleep(SETTLE) => {}
            () = stop => {}
        }
        let Err(untaken) = taken else { return DynamoDbEventResponse::default() };
        let number = numbers.into_iter().nth(untaken.place).unwrap_or_default();
        tracing::warn!(
            sequence_number = number,
            reason = untaken.reason,
            "it comes again, with all after it"
        );
        record::from(number)
    }

    /// Redrives what an older program did not know, with what waits behind it, and returns the number of dead letters after that;
    /// on `stop`, the number found so far. The next call continues from there. See [`FeedConsumer::look_at_dead_letters`].
    ///
    /// # Errors
    /// [`DeliveryError`]; nothing is lost.
    pub async fn look_at_dead_letters(
        &self,
        stop: impl Future<Output = ()>,
    ) -> Result<LetterCount, DeliveryError> {
        let found = self.consumer.look_at_dead_letters(stop).await?;
        let LetterCount { letters, more, .. } = found;
        if more {
            tracing::warn!(letters, "there was no time to count all dead letters; the next look continues");
        }
        // Until one is found nothing is known, and an alarm keeps its state.
        if letters > 0 || !more {
            metric::tell_dead_letters(letters);
        }
        Ok(found)
    }

    /// [`look_at_dead_letters`](Self::look_at_dead_letters) if it is due, for at most 5 seconds and while there is `left`. `None`
    /// if it is not due, or if it failed: the next one follows a minute later. [`ProjectionsFunction::run`] calls this after each
    /// event.
    pub async fn look_when_due(&self, left: Duration) -> Option<LetterCount> {
        // Another call is doing it.
        let mut looked = self.looked.try_lock().ok()?;
        let put_away = self.consumer.put_away();
        if looked.as_ref().is_some_and(|last| !last.is_over(put_away)) {
            return None;
        }
        let found = self.look_at_dead_letters(tokio::time::sleep(left.min(LOOK))).await;
        let found = found
            .inspect_err(|error| tracing::warn!(%error, "the dead letters of the projections cannot be read"))
            .ok();
        *looked = Some(Look { at: Instant::now(), put_away, found });
        found
    }

    /// Answers the events of the Lambda runtime until they end. An invocation is answered before it runs out of time: unfinished
    /// records come again.
    ///
    /// # Errors
    /// The error of the runtime.
    pub async fn run(self) -> Result<(), Error> {
        let this = Arc::new(self);
        lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| {
            let this = Arc::clone(&this);
            // In a box: the futures of a program that are around it would be deeper than the compiler goes.
            Box::pin(async move {
                let until = Instant::now() + deadline::time_left(&event.context);
                let left = || until.saturating_duration_since(Instant::now());
                let answer = this.answer(event.payload, tokio::time::sleep(left())).await;
                this.look_when_due(left()).await;
                Ok::<_, Error>(answer)
            })
        }))
        .await
    }
}
