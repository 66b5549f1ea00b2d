//! A look at all dead letters of a delivery, page by page: those that an older program did not know are redriven, and
//! all are counted.

use std::collections::HashSet;
use std::sync::Arc;

use super::intake;
use super::parking::first_letter;
use super::queue::stream_of;
use super::{DeliveryError, StoredLetters, Subscriber};
use crate::key::StreamKey;
use crate::store::{DeadLetter, LetterId};

/// How many dead letters a look has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LetterCount {
    /// How many there were, page by page; while there is `more`, how many have been counted so far.
    pub letters: u64,
    /// Whether there may be more than `letters` says: the look was cut off, and the next one continues from there.
    pub more: bool,
    /// Whether a letter that an older program did not know could not be redriven because a store is down.
    pub waiting: bool,
}

/// How far a look has come. The look may be dropped and continued at any time.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// The pile that it is at, and the last letter of it that was counted.
    nth: usize,
    after: Option<LetterId>,
    /// The stream of the last earlier letter that was tried and is still there.
    before: Option<StreamKey>,
    letters: u64,
    /// Whether a redrive has failed. Then the look only counts.
    pub(super) has_failed: bool,
    /// The letters whose redrive has failed. This program will not know them the next time either.
    tried: HashSet<LetterId>,
    /// The letter whose redrive has begun and not ended.
    begun: Option<LetterId>,
}

impl Look {
    pub(super) fn count(&self, more: bool) -> LetterCount {
        LetterCount { letters: self.letters, more, waiting: self.has_failed }
    }

    /// Lets the next look begin at the first letter.
    pub(super) fn finish(&mut self) -> LetterCount {
        let count = self.count(false);
        let tried = std::mem::take(&mut self.tried);
        *self = Self { tried, ..Self::default() };
        count
    }

    fn next_pile(&mut self) {
        self.nth += 1;
        (self.after, self.before) = (None, None);
    }

    /// Whether a letter is to be redriven. A letter that has used up the time of a look has one more attempt.
    fn begin(&mut self, id: &LetterId) -> bool {
        if self.tried.contains(id) {
            return false;
        }
        if self.begun.replace(id.clone()).as_ref() == Some(id) {
            self.tried.insert(id.clone());
        }
        true
    }

    fn end(&mut self, left: Option<LetterId>) {
        self.begun = None;
        self.tried.extend(left);
    }
}

impl StoredLetters<'_> {
    /// Looks at the letters of a pile and of all subscribers. After an error of a redrive or of a page, the look can be
    /// continued.
    pub(super) async fn look(&self, pile: &str, look: &mut Look) -> Result<(), DeliveryError> {
        let outcome = self.look_on(pile, look).await;
        if outcome.is_err() {
            // If a store is to blame, the letter has not been tried.
            look.begun = None;
        }
        outcome
    }

    async fn look_on(&self, pile: &str, look: &mut Look) -> Result<(), DeliveryError> {
        // The pile comes first: what leaves it may have to go behind letters of the subscribers.
        loop {
            let subscriber = match look.nth.checked_sub(1) {
                None => None,
                Some(nth) => match self.delivery.subscribers.get(nth) {
                    Some(subscriber) => Some(subscriber),
                    None => return Ok(()),
                },
            };
            if let Some(subscriber) = subscriber.filter(|_| !look.has_failed) {
                self.go_on(subscriber, look).await?;
            }
            let name = subscriber.map_or(pile, |subscriber| subscriber.name);
            let letters = self.page(name, look.after.as_ref()).await?;
            let Some(last) = letters.last() else {
                look.next_pile();
                continue;
            };
            let mut before = look.before.clone();
            let gone = match subscriber {
                _ if look.has_failed => 0,
                None => self.redrive_newer_kept(pile, &letters, look, &mut before).await?,
                Some(subscriber) => {
                    if self.redrive_newer_streams(subscriber, &letters, look, &mut before).await? {
                        // What is left of the page is read again, and counted.
                        continue;
                    }
                    0
                }
            };
            look.letters += letters.len() as u64 - gone;
            look.before = before;
            look.after = Some(last.id.clone());
        }
    }

    /// Redrives the letters of a pile that were for a newer program; returns how many are gone.
    async fn redrive_newer_kept(
        &self,
        pile: &str,
        letters: &[DeadLetter],
        look: &mut Look,
        before: &mut Option<StreamKey>,
    ) -> Result<u64, DeliveryError> {
        let mut gone = 0;
        for letter in letters {
            let Ok(commit) = intake::decode(&letter.record) else { continue };
            let is_next = before.as_ref() != Some(&commit.stream);
            if is_next && letter.is_newer() && self.knows(&commit) && look.begin(&letter.id) {
                let is_done = self.deliver_kept(pile, letter, &commit).await?;
                look.end((!is_done).then(|| letter.id.clone()));
                if is_done {
                    gone += 1;
                    continue;
                }
            }
            *before = Some(commit.stream);
        }
        Ok(gone)
    }

    /// Redrives those streams of a subscriber whose first tried letter is for a newer program, with what waits behind
    /// it; returns whether there were any. Letters are in the order of streams and versions.
    async fn redrive_newer_streams(
        &self,
        subscriber: &Arc<Subscriber>,
        letters: &[DeadLetter],
        look: &mut Look,
        before: &mut Option<StreamKey>,
    ) -> Result<bool, DeliveryError> {
        let mut redriven = false;
        for letter in letters.iter().filter(|letter| letter.attempts > 0) {
            let Some(stream) = stream_of(letter) else { continue };
            if before.as_ref() != Some(&stream) && letter.is_newer() && look.begin(&letter.id) {
                self.redrive_newer_stream(subscriber, &stream, look).await?;
                look.tried.insert(letter.id.clone());
                redriven = true;
            }
            *before = Some(stream);
        }
        Ok(redriven)
    }

    /// Continues with a stream whose redrive was cut off, if the redrive had come to another letter.
    async fn go_on(&self, subscriber: &Arc<Subscriber>, look: &mut Look) -> Result<(), DeliveryError> {
        let begun = look.begun.as_ref().filter(|id| id.subscriber == subscriber.name);
        let Some((stream, version)) = begun.and_then(LetterId::place) else { return Ok(()) };
        match first_letter(self.delivery, subscriber.name, &stream).await? {
            Some(first) if first != version => {
                look.begun = Some(LetterId::of(subscriber.name, &stream, first));
                self.redrive_newer_stream(subscriber, &stream, look).await
            }
            Some(_) => Ok(()),
            None => {
                look.end(None);
                Ok(())
            }
        }
    }

    async fn redrive_newer_stream(
        &self,
        subscriber: &Arc<Subscriber>,
        stream: &StreamKey,
        look: &mut Look,
    ) -> Result<(), DeliveryError> {
        let redriven = self.redrive_of(subscriber, Some(stream)).await?;
        let (subscriber, redriven) = (subscriber.name, redriven.done);
        tracing::info!(subscriber, %stream, redriven, "dead letters that an older program did not know");
        let left = first_letter(self.delivery, subscriber, stream).await?;
        look.end(left.map(|version| LetterId::of(subscriber, stream, version)));
        Ok(())
    }
}
