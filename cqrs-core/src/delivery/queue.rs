use std::collections::HashSet;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use tokio::sync::Mutex;

use super::subscriber::Failure;
use super::{DeadLetter, DeliveryError, LetterId, Positions, Subscriber};
use crate::app::App;
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::store::record;
use crate::timestamp::Timestamp;

/// Some commits as the relay read them, for all subscribers.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) commits: Vec<Placed>,
    /// The last position of every shard of the page.
    pub(crate) ends: Positions,
}

/// A commit and where it stood in the feed.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) commit: Commit,
    pub(crate) shard: String,
    pub(crate) position: String,
}

/// The streams of one subscriber whose commits wait behind a dead letter.
///
/// Shared between the running delivery and redrives; the lock is held while letters are written, so that a
/// stream is released only when none is left.
pub(crate) type Parked = Mutex<HashSet<StreamKey>>;

/// One subscriber's queue: its position, and the order within each stream.
pub(crate) struct Queue {
    app: App,
    subscriber: Arc<Subscriber>,
    parked: Arc<Parked>,
    positions: Positions,
}

impl Queue {
    /// Loads what the last run left behind.
    pub(crate) async fn open(app: &App, subscriber: Arc<Subscriber>) -> Result<Self, DeliveryError> {
        let name = subscriber.name;
        let ledger = app.ledger();
        let positions = ledger.positions(name).await.map_err(|source| failed(name, source))?;
        let parked = app.parked(name);
        {
            let mut parked = parked.lock().await;
            parked.clear();
            let mut after = None;
            loop {
                let letters =
                    ledger.letters(name, after.as_ref()).await.map_err(|source| failed(name, source))?;
                let Some(last) = letters.last() else { break };
                after = Some(last.id.clone());
                parked.extend(letters.iter().filter_map(stream_of));
            }
        }
        Ok(Self { app: app.clone(), subscriber, parked, positions })
    }

    pub(crate) fn positions(&self) -> &Positions {
        &self.positions
    }

    /// Works a page off, then moves the position: what a crash interrupts is delivered again.
    pub(crate) async fn take(&mut self, page: &Page) -> Result<(), DeliveryError> {
        let mut streams: Vec<(StreamKey, Vec<Commit>)> = Vec::new();
        for placed in &page.commits {
            let done = self.positions.get(&placed.shard).is_some_and(|done| placed.position <= *done);
            if done || !self.subscriber.wants(&placed.commit) {
                continue;
            }
            match streams.iter_mut().find(|(stream, _)| *stream == placed.commit.stream) {
                Some((_, commits)) => commits.push(placed.commit.clone()),
                None => streams.push((placed.commit.stream.clone(), vec![placed.commit.clone()])),
            }
        }
        let this = &*self;
        let work = streams.into_iter().map(|(stream, commits)| this.take_stream(stream, commits));
        stream::iter(work)
            .buffer_unordered(this.subscriber.concurrency)
            .try_for_each(|()| async { Ok(()) })
            .await?;
        self.move_to(&page.ends).await
    }

    async fn take_stream(&self, stream: StreamKey, commits: Vec<Commit>) -> Result<(), DeliveryError> {
        if self.parked.lock().await.contains(&stream) {
            return self.park(stream, &commits, None).await;
        }
        let retry = self.app.settings().delivery;
        let mut left = commits.as_slice();
        loop {
            let (done, failure) = self.subscriber.deliver(&self.app, left, retry).await;
            let Some(failure) = failure else { return Ok(()) };
            left = left.get(done..).unwrap_or_default();
            let Some(until) = failure.held else { return self.park(stream, left, Some(failure)).await };
            // Most likely by a run of this very handler that was killed: only its lease is to be waited for.
            let wait = until.since(Timestamp::now()).min(retry.cap);
            tracing::info!(subscriber = self.subscriber.name, %stream, reason = failure.reason, ?wait, "waiting");
            tokio::time::sleep(wait).await;
        }
    }

    /// Puts the first commit away with the reason, and the others behind it.
    async fn park(
        &self,
        stream: StreamKey,
        commits: &[Commit],
        failure: Option<Failure>,
    ) -> Result<(), DeliveryError> {
        let name = self.subscriber.name;
        let mut parked = self.parked.lock().await;
        let mut failure = failure;
        for commit in commits {
            let letter = letter(name, commit, failure.take());
            tracing::error!(
                subscriber = name,
                stream = %commit.stream,
                version = %commit.version,
                reason = letter.reason,
                "dead letter"
            );
            self.app.ledger().put_letter(&letter).await.map_err(|source| failed(name, source))?;
        }
        parked.insert(stream);
        Ok(())
    }

    async fn move_to(&mut self, ends: &Positions) -> Result<(), DeliveryError> {
        let name = self.subscriber.name;
        for (shard, end) in ends {
            if self.positions.get(shard).is_some_and(|done| end <= done) {
                continue;
            }
            let ledger = self.app.ledger();
            ledger.save_position(name, shard, end).await.map_err(|source| failed(name, source))?;
            self.positions.insert(shard.clone(), end.clone());
        }
        Ok(())
    }
}

fn letter(subscriber: &str, commit: &Commit, failure: Option<Failure>) -> DeadLetter {
    let (reason, attempts) = match failure {
        Some(failure) => (failure.reason, failure.attempts),
        None => ("waits behind an earlier commit of its stream".to_owned(), 0),
    };
    DeadLetter {
        id: LetterId {
            subscriber: subscriber.to_owned(),
            pk: commit.stream.pk().to_owned(),
            sk: commit.stream.commit_sk(commit.version),
        },
        reason,
        attempts,
        since: Timestamp::now(),
        record: Value::Object(record::encode(commit)),
    }
}

pub(crate) fn stream_of(letter: &DeadLetter) -> Option<StreamKey> {
    StreamKey::parse_commit(&letter.id.pk, &letter.id.sk).ok().map(|(stream, _)| stream)
}

pub(crate) fn failed(subscriber: &str, source: crate::store::StoreError) -> DeliveryError {
    DeliveryError::Ledger { subscriber: subscriber.to_owned(), source: Box::new(source) }
}
