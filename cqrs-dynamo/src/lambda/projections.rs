use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use cqrs_core::App;
use cqrs_core::delivery::{DeliveryError, FeedConsumer};
use futures_util::FutureExt;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use tokio::sync::Mutex;

use super::{deadline, metric, record};

/// How often the dead letters are looked at. An invocation of an older version lasts no longer (AWS Lambda Developer Guide,
/// "Lambda quotas"), so what it puts away after a deployment is redriven as well.
const EVERY: Duration = Duration::from_mins(15);
const SOON: Duration = Duration::from_mins(1);
/// How long it may take to find out what there is to tell about projections.
const SETTLE: Duration = Duration::from_secs(2);

/// All projections of an app as one Lambda function behind the stream of the events table: without topic, queues and a function
/// for each of them. [`Template::projections`](crate::template::Template::projections) deploys it.
///
/// The projections are as they are behind queues: the same code, a commit at most once and in the order of its stream, and each for
/// itself. What one of them cannot take is tried again as [`Settings::delivery`](cqrs_core::app::Settings) says, and is its dead letter
/// in the delivery table then; later commits of that stream wait behind it, for this projection only. `app.dead_letters()` lists,
/// redrives and discards them, from any process. They stand with those of `@relay`: records that are no commit, and commits with an event
/// that only a newer program knows. What an older program did not know is redriven by itself.
///
/// What is no fault of a commit comes again, with all records of its shard after it: a store that is down, or a commit that
/// another release has yet to take into its views. Then the other projections of the shard wait as well, with what comes after
/// the batch.
///
/// How many dead letters there are is told to CloudWatch as the metric `DeadLetters` of the namespace `Foldline`: at an instance's
/// first event, every 15 minutes, and when there are more. The template has an alarm on it.
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

/// A look at the dead letters.
#[derive(Debug)]
struct Look {
    at: Instant,
    /// How many had been put away by then.
    put_away: u64,
    /// How many there were.
    count: u64,
}

impl Look {
    fn is_over(&self, put_away: u64) -> bool {
        // A letter that is the first one has an alarm to raise. Of more it is soon enough to hear now and then: a look reads all.
        let again = if self.count == 0 { Duration::ZERO } else { SOON };
        let age = self.at.elapsed();
        age >= EVERY || (self.put_away != put_away && age >= again)
    }
}

impl ProjectionsFunction {
    /// The projections of an app. Its handlers, if it has any, get nothing from here.
    #[must_use]
    pub fn new(app: &App) -> Self {
        Self { consumer: app.feed_consumer(), looked: Mutex::default() }
    }

    /// Takes the records of one event to the projections. When `stop` comes, what is in work is dropped and comes again.
    pub async fn answer(&self, event: Event, stop: impl Future<Output = ()>) -> DynamoDbEventResponse {
        let (numbers, records): (Vec<_>, Vec<_>) = event.records.into_iter().filter_map(record::read).unzip();
        let stop = stop.shared();
        let taken = self.consumer.take_until(&records, stop.clone()).await;
        // Between two events nothing goes on.
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

    /// Redrives what an older program did not know, with what waits behind it, and tells how many dead letters there are then.
    /// [`ProjectionsFunction::run`] does so after its first event, every 15 minutes, and sooner where an event has left a dead letter.
    ///
    /// # Errors
    /// [`DeliveryError`]; nothing is lost.
    pub async fn look_at_dead_letters(&self) -> Result<u64, DeliveryError> {
        self.consumer.redrive_newer().await?;
        let count = self.consumer.count_dead_letters().await?;
        metric::tell_dead_letters(count);
        Ok(count)
    }

    async fn look(&self, left: Duration) {
        // Somebody is at it.
        let Ok(mut looked) = self.looked.try_lock() else { return };
        let put_away = self.consumer.put_away();
        if looked.as_ref().is_some_and(|last| !last.is_over(put_away)) {
            return;
        }
        match tokio::time::timeout(left, self.look_at_dead_letters()).await {
            Ok(Ok(count)) => *looked = Some(Look { at: Instant::now(), put_away, count }),
            Ok(Err(error)) => tracing::warn!(%error, "the dead letters of the projections are not looked at"),
            Err(_) => {}
        }
    }

    /// Answers the events of the Lambda runtime for as long as it sends some. An invocation that would run out of time is
    /// answered before: what it has not done comes again.
    ///
    /// # Errors
    /// What the runtime says.
    pub async fn run(self) -> Result<(), Error> {
        let this = Arc::new(self);
        lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| {
            let this = Arc::clone(&this);
            async move {
                let until = Instant::now() + deadline::time_left(&event.context);
                let left = || until.saturating_duration_since(Instant::now());
                let answer = this.answer(event.payload, tokio::time::sleep(left())).await;
                this.look(left()).await;
                Ok::<_, Error>(answer)
            }
        }))
        .await
    }
}
