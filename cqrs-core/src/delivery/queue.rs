use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use tokio::sync::Mutex;

use super::failure::{Failure, FailureKind};
use super::{DeadLetter, DeliveryError, LetterId, Positions, Subscriber};
use crate::app::App;
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::store::record;
use crate::timestamp::Timestamp;
use crate::version::Version;

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

/// The streams of one subscriber whose commits wait behind a dead letter, and the last letter of each.
///
/// Shared between the running delivery and redrives. The delivery holds the lock from looking for letters until
/// it has added its own, and a redrive while it lists them, so that none is added behind a redrive's back.
pub(crate) type Parked = Mutex<HashMap<StreamKey, Version>>;

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
                // In the order of their versions: the last one stays.
                parked.extend(letters.iter().filter_map(place_of));
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
        if self.waits(&stream, &commits).await? {
            return Ok(());
        }
        let retry = self.app.settings().delivery;
        let mut left = commits.as_slice();
        loop {
            let (done, failure) = self.subscriber.deliver(&self.app, left, retry).await;
            let Some(failure) = failure else { return Ok(()) };
            left = left.get(done..).unwrap_or_default();
            let until = match failure.kind {
                FailureKind::Held(until) => until,
                // Whatever comes next would fail, too: the run is interrupted, and goes on at the same place.
                FailureKind::Outage(source) => {
                    return Err(DeliveryError::Outage {
                        subscriber: self.subscriber.name.to_owned(),
                        source,
                    });
                }
                FailureKind::Passing | FailureKind::Permanent => {
                    let mut parked = self.parked.lock().await;
                    return self.park(&mut parked, &stream, left, Some(failure)).await;
                }
            };
            // Most likely by a run of this very handler that was killed: only its lease is to be waited for.
            let wait = until.since(Timestamp::now()).min(retry.cap);
            tracing::info!(subscriber = self.subscriber.name, %stream, reason = failure.reason, ?wait, "waiting");
            tokio::time::sleep(wait).await;
        }
    }

    /// Puts the commits behind the dead letters of their stream; false where there are none any more.
    async fn waits(&self, stream: &StreamKey, commits: &[Commit]) -> Result<bool, DeliveryError> {
        let mut parked = self.parked.lock().await;
        let Some(last) = parked.get(stream).copied() else { return Ok(false) };
        // Another process may have redriven or discarded them.
        if !has_letters(&self.app, self.subscriber.name, stream).await? {
            parked.remove(stream);
            return Ok(false);
        }
        // What a crash made the feed bring again has its letter already, with its reason.
        let known = commits.partition_point(|commit| commit.version <= last);
        self.park(&mut parked, stream, commits.get(known..).unwrap_or_default(), None).await?;
        Ok(true)
    }

    /// Puts the first commit away with the reason, and the others behind it.
    async fn park(
        &self,
        parked: &mut HashMap<StreamKey, Version>,
        stream: &StreamKey,
        commits: &[Commit],
        mut failure: Option<Failure>,
    ) -> Result<(), DeliveryError> {
        let name = self.subscriber.name;
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
            parked.insert(stream.clone(), commit.version);
        }
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

/// Whether a stream has dead letters at a subscriber.
pub(crate) async fn has_letters(
    app: &App,
    subscriber: &str,
    stream: &StreamKey,
) -> Result<bool, DeliveryError> {
    let start = letter_id(subscriber, stream, Version::NONE);
    let letters = app.ledger().letters(subscriber, Some(&start)).await;
    let letters = letters.map_err(|source| failed(subscriber, source))?;
    Ok(letters.first().and_then(stream_of).as_ref() == Some(stream))
}

/// A commit as a dead letter, with its failure; without one it waits behind an earlier commit.
pub(crate) fn letter(subscriber: &str, commit: &Commit, failure: Option<Failure>) -> DeadLetter {
    let (reason, attempts) = match failure {
        Some(failure) => (failure.reason, failure.attempts),
        None => ("waits behind an earlier commit of its stream".to_owned(), 0),
    };
    DeadLetter {
        id: letter_id(subscriber, &commit.stream, commit.version),
        reason,
        attempts,
        since: Timestamp::now(),
        record: Value::Object(record::encode(commit)),
    }
}

pub(crate) fn letter_id(subscriber: &str, stream: &StreamKey, version: Version) -> LetterId {
    LetterId { subscriber: subscriber.to_owned(), pk: stream.pk().to_owned(), sk: stream.commit_sk(version) }
}

pub(crate) fn place_of(letter: &DeadLetter) -> Option<(StreamKey, Version)> {
    StreamKey::parse_commit(&letter.id.pk, &letter.id.sk).ok()
}

pub(crate) fn stream_of(letter: &DeadLetter) -> Option<StreamKey> {
    place_of(letter).map(|(stream, _)| stream)
}

pub(crate) fn failed(subscriber: &str, source: crate::store::StoreError) -> DeliveryError {
    DeliveryError::Ledger { subscriber: subscriber.to_owned(), source: Box::new(source) }
}
