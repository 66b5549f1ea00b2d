use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use tokio::sync::Mutex;

use super::failure::Failure;
use super::queue::failed;
use super::{Delivery, DeliveryError};
use crate::commit::{Commit, record};
use crate::key::StreamKey;
use crate::store::{DeadLetter, LetterId};
use crate::timestamp::Timestamp;
use crate::version::Version;

/// The streams of one subscriber whose commits wait behind a dead letter, and the last letter of each.
///
/// Shared between the running delivery and redrives. The delivery holds the lock from looking for letters until
/// it has added its own, and a redrive while it lists them, so that none is added behind a redrive's back.
pub(crate) type Parked = Mutex<HashMap<StreamKey, Version>>;

/// Where a subscriber puts what it cannot take: into the dead letters of the delivery store.
pub(super) struct Parking {
    delivery: Arc<Delivery>,
    subscriber: &'static str,
    parked: Arc<Parked>,
    put: AtomicU64,
}

impl Parking {
    pub(super) fn of(delivery: &Arc<Delivery>, subscriber: &'static str) -> Self {
        Self {
            delivery: Arc::clone(delivery),
            subscriber,
            parked: delivery.parked(subscriber),
            put: AtomicU64::default(),
        }
    }

    /// Looks up which streams wait, and forgets what was known before.
    pub(super) async fn load(&self) -> Result<(), DeliveryError> {
        let mut parked = self.parked.lock().await;
        parked.clear();
        let mut after = None;
        loop {
            let letters =
                self.delivery.runtime.delivery_store().letters(self.subscriber, after.as_ref()).await;
            let letters = letters.map_err(|source| failed(self.subscriber, source))?;
            let Some(last) = letters.last() else { return Ok(()) };
            after = Some(last.id.clone());
            // In the order of their versions: the last one stays.
            parked.extend(letters.iter().filter_map(|letter| letter.id.place()));
        }
    }

    /// Puts commits behind the dead letters of their stream; `false` if there are none any longer.
    pub(super) async fn waits(&self, stream: &StreamKey, commits: &[Commit]) -> Result<bool, DeliveryError> {
        let mut parked = self.parked.lock().await;
        let Some(last) = parked.get(stream).copied() else { return Ok(false) };
        // Another process may have redriven or discarded them.
        if !has_letters(&self.delivery, self.subscriber, stream).await? {
            parked.remove(stream);
            return Ok(false);
        }
        // A commit that the feed brings again after a crash has its letter already, with its reason.
        let known = commits.partition_point(|commit| commit.version <= last);
        let new = commits.get(known..).unwrap_or_default();
        let Some(first) = new.first() else { return Ok(true) };
        self.put(&mut parked, new, None).await?;
        // Another process may have redriven all letters in front, and have looked for more before these were there.
        let left = first_letter(&self.delivery, self.subscriber, stream).await?;
        if left.is_some_and(|left| left < first.version) {
            return Ok(true);
        }
        parked.remove(stream);
        for commit in new {
            let id = LetterId::of(self.subscriber, stream, commit.version);
            let removed = self.delivery.runtime.delivery_store().remove_letter(&id).await;
            removed.map_err(|source| failed(self.subscriber, source))?;
        }
        Ok(false)
    }

    /// The same if this process knows of no letters of the stream: another one may have put them there.
    pub(super) async fn waits_unheard(
        &self,
        stream: &StreamKey,
        commits: &[Commit],
    ) -> Result<bool, DeliveryError> {
        let Some(next) = commits.first().map(|commit| commit.version) else { return Ok(false) };
        let mut after = LetterId::of(self.subscriber, stream, Version::NONE);
        let (mut first, mut last) = (None, None);
        loop {
            let letters = self.delivery.runtime.delivery_store().letters(self.subscriber, Some(&after)).await;
            let letters = letters.map_err(|source| failed(self.subscriber, source))?;
            let places = letters.iter().filter_map(|letter| letter.id.place());
            let versions: Vec<_> =
                places.take_while(|(of, _)| of == stream).map(|(_, version)| version).collect();
            first = first.or(versions.first().copied());
            last = versions.last().copied().or(last);
            match letters.into_iter().next_back() {
                Some(letter) if letter.id.place().is_some_and(|(of, _)| of == *stream) => after = letter.id,
                _ => break,
            }
        }
        let (Some(first), Some(last)) = (first, last) else { return Ok(false) };
        if next < first {
            return Ok(false);
        }
        self.parked.lock().await.entry(stream.clone()).or_insert(last);
        self.waits(stream, commits).await
    }

    /// Puts the first of these commits of one stream away with its failure, and the others behind it.
    pub(super) async fn park(&self, commits: &[Commit], failure: Failure) -> Result<(), DeliveryError> {
        let mut parked = self.parked.lock().await;
        self.put(&mut parked, commits, Some(failure)).await
    }

    /// How many dead letters were put here, including those that did not stay.
    pub(super) fn count(&self) -> u64 {
        self.put.load(Ordering::Relaxed)
    }

    async fn put(
        &self,
        parked: &mut HashMap<StreamKey, Version>,
        commits: &[Commit],
        mut failure: Option<Failure>,
    ) -> Result<(), DeliveryError> {
        for commit in commits {
            let letter = letter(self.subscriber, commit, failure.take());
            tracing::error!(
                subscriber = self.subscriber,
                stream = %commit.stream,
                version = %commit.version,
                reason = letter.reason,
                "dead letter"
            );
            let put = self.delivery.runtime.delivery_store().put_letter(&letter).await;
            put.map_err(|source| failed(self.subscriber, source))?;
            self.put.fetch_add(1, Ordering::Relaxed);
            parked.insert(commit.stream.clone(), commit.version);
        }
        Ok(())
    }
}

/// Whether a stream has dead letters at a subscriber.
pub(crate) async fn has_letters(
    delivery: &Delivery,
    subscriber: &str,
    stream: &StreamKey,
) -> Result<bool, DeliveryError> {
    Ok(first_letter(delivery, subscriber, stream).await?.is_some())
}

/// The version of the first dead letter that a stream has at a subscriber.
pub(crate) async fn first_letter(
    delivery: &Delivery,
    subscriber: &str,
    stream: &StreamKey,
) -> Result<Option<Version>, DeliveryError> {
    let start = LetterId::of(subscriber, stream, Version::NONE);
    let letters = delivery.runtime.delivery_store().letters(subscriber, Some(&start)).await;
    let letters = letters.map_err(|source| failed(subscriber, source))?;
    let first = letters.first().and_then(|letter| letter.id.place());
    Ok(first.filter(|(of, _)| of == stream).map(|(_, version)| version))
}

/// A commit as a dead letter, with its failure; without one it waits behind an earlier commit.
pub(crate) fn letter(subscriber: &str, commit: &Commit, failure: Option<Failure>) -> DeadLetter {
    let (reason, attempts) = match failure {
        Some(failure) => (failure.reason, failure.attempts),
        None => ("waits behind an earlier commit of its stream".to_owned(), 0),
    };
    DeadLetter {
        id: LetterId::of(subscriber, &commit.stream, commit.version),
        reason,
        attempts,
        since: Timestamp::now(),
        record: Value::Object(record::encode(commit)),
    }
}
