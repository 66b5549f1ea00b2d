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

/// How often the dead letters are looked at. An invocation of an older version lasts no longer (AWS Lambda Developer Guide,
/// "Lambda quotas"), so what it puts away after a deployment is redriven as well.
const EVERY: Duration = Duration::from_mins(15);
const SOON: Duration = Duration::from_mins(1);
/// How long a look at them may take. The answer waits for it, and so does all that comes after it in the shard.
const LOOK: Duration = Duration::from_secs(5);
/// How long it may take to find out what there is to tell about projections.
const SETTLE: Duration = Duration::from_secs(2);

/// All projections of an app as one Lambda function behind the stream of the events table: without topic, queues and a function
/// for each of them. [`Template::projections`](crate::template::Template::projections) deploys it.
///
/// The projections are as they are behind queues: the same code, a commit at most once and in the order of its stream, and each for
/// itself. What one of them cannot take is tried again as [`Settings::delivery`](cqrs_core::app::Settings) says, and is its dead letter
/// in the delivery table then; later commits of that stream wait behind it, for this projection only. A
/// new instance tries the first of them once, before it puts it there: where the cause is mended by then, the view takes it with all
/// before it, and a redrive has nothing left to do about the letters. `app.dead_letters()` lists,
/// redrives and discards them, from any process. Those of `@projections` are records that are no commit, and commits with an event
/// that only a newer program knows; a relay beside this function keeps its own under `@relay`. What an older program did not know is
/// redriven by itself.
///
/// What is no fault of a commit comes again, with all records of its shard after it: a store that is down, or a commit that
/// another release has yet to take into its views. Then the other projections of the shard wait as well, with what comes after
/// the batch.
///
/// How many dead letters there are is told to CloudWatch as the metric `DeadLetters` of the namespace `Foldline`: at an instance's
/// first event, every 15 minutes, and when there are more. A look takes 5 seconds at most; where that is not enough, the number is
/// that of those counted so far, and the next look goes on a minute later. The template has an alarm on it.
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

/// The last look at the dead letters.
#[derive(Debug)]
struct Look {
    at: Instant,
    /// How many had been put away by then.
    put_away: u64,
    /// None where it has failed.
    found: Option<LetterCount>,
}

impl Look {
    fn is_over(&self, put_away: u64) -> bool {
        let pause = match self.found {
            // A letter that is the first one has an alarm to raise. Of more it is soon enough to hear now and then.
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

    /// Redrives what an older program did not know, with what waits behind it, and tells how many dead letters there are then; when
    /// `stop` comes, how many have been found so far. The next call goes on from there. See [`FeedConsumer::look_at_dead_letters`].
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
            tracing::warn!(letters, "there was no time to count all dead letters; the next look goes on");
        }
        // Before one is found nothing is known, and an alarm stays as it is.
        if letters > 0 || !more {
            metric::tell_dead_letters(letters);
        }
        Ok(found)
    }

    /// [`look_at_dead_letters`](Self::look_at_dead_letters) where it is time for it, for 5 seconds and as long as there is `left`; none
    /// where it is not, or where the look has failed: the next one comes a minute later. [`ProjectionsFunction::run`] does so after
    /// each event.
    pub async fn look_when_due(&self, left: Duration) -> Option<LetterCount> {
        // Somebody is at it.
        let mut looked = self.looked.try_lock().ok()?;
        let put_away = self.consumer.put_away();
        if looked.as_ref().is_some_and(|last| !last.is_over(put_away)) {
            return None;
        }
        let found = self.look_at_dead_letters(tokio::time::sleep(left.min(LOOK))).await;
        let found = found
            .inspect_err(
                |error| tracing::warn!(%error, "the dead letters of the projections are not looked at"),
            )
            .ok();
        *looked = Some(Look { at: Instant::now(), put_away, found });
        found
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
                this.look_when_due(left()).await;
                Ok::<_, Error>(answer)
            }
        }))
        .await
    }
}
