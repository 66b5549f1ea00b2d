use std::error::Error;
use std::future::Future;

use super::DeliveryError;
use crate::store::{DeadLetter, LetterId, Redriven};

/// The dead letters of an app: list them, redrive them, drop them.
///
/// There is one set of verbs, wherever the letters are kept: [`App::dead_letters`](crate::App::dead_letters) has those of a
/// delivery in this process, by subscriber; a broker has those of its queues, by queue. A program for operators is written
/// once for both:
///
/// ```
/// use cqrs_core::delivery::{DeadLetterStore, DeadLetters};
///
/// /// Redrives what failed for one reason, with what waits behind it.
/// async fn retry<S: DeadLetterStore>(letters: &DeadLetters<S>, because: &str) -> Result<(), S::Error> {
///     for name in letters.names() {
///         let found = letters.of(&name).await?;
///         if found.iter().any(|letter| letter.reason.contains(because)) {
///             let redriven = letters.redrive(&name).await?;
///             println!("{name}: {} done, {} left", redriven.done, redriven.left);
///         }
///     }
///     Ok(())
/// }
/// ```
///
/// [`App::dead_letters`](crate::App::dead_letters) has an example that runs.
#[derive(Debug)]
pub struct DeadLetters<S> {
    pub(super) store: S,
}

/// Where dead letters are kept: [`StoredLetters`](super::StoredLetters), or the queues of a broker. [`DeadLetters`] says what each
/// of these does.
pub trait DeadLetterStore: Send + Sync {
    /// What goes wrong with it.
    type Error: Error + From<DeliveryError> + Send + Sync + 'static;

    /// See [`DeadLetters::names`].
    fn names(&self) -> Vec<String>;

    /// See [`DeadLetters::of`].
    fn of(&self, name: &str) -> impl Future<Output = Result<Vec<DeadLetter>, Self::Error>> + Send;

    /// See [`DeadLetters::redrive`].
    fn redrive(&self, name: &str) -> impl Future<Output = Result<Redriven, Self::Error>> + Send;

    /// See [`DeadLetters::discard`].
    fn discard(&self, id: &LetterId, reason: &str) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// See [`DeadLetters::discarded`].
    fn discarded(
        &self,
        projection: &str,
    ) -> impl Future<Output = Result<Vec<DeadLetter>, Self::Error>> + Send;

    /// See [`DeadLetters::hand_over`].
    fn hand_over(&self, old: &str, new: &str) -> impl Future<Output = Result<u64, Self::Error>> + Send;
}

impl<S: DeadLetterStore> DeadLetters<S> {
    /// The dead letters that are kept there.
    pub fn new(store: S) -> Self {
        Self { store }
    }

    /// Whose dead letters there may be: the subscribers of the app, `@relay`, `@projections` and `@timers`, or the queues of its wiring.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.store.names()
    }

    /// All dead letters, by subscriber or queue, stream and version.
    ///
    /// # Errors
    /// Those of the store: [`DeliveryError::Store`] for the delivery table.
    pub async fn list(&self) -> Result<Vec<DeadLetter>, S::Error> {
        let mut found = Vec::new();
        for name in self.names() {
            found.extend(self.of(&name).await?);
        }
        Ok(found)
    }

    /// The dead letters of one subscriber, or of one queue, by stream and version. It need not be there any more: after a
    /// subscriber was renamed, its letters are found under the old name; [`DeadLetters::hand_over`] puts them under the new one.
    ///
    /// # Errors
    /// Those of the store: [`DeliveryError::Store`] for the delivery table.
    pub async fn of(&self, name: &str) -> Result<Vec<DeadLetter>, S::Error> {
        self.store.of(name).await
    }

    /// Delivers the dead letters of a subscriber, or of the subscribers of a queue, again, in the order of each stream. What
    /// succeeds is removed; at the first failure of a stream the rest of it stays.
    ///
    /// For `@relay` and `@projections` that is: a program that knows the type by now gives the commit to all its subscribers, or all its
    /// projections. Nobody could tell
    /// who would have to wait for such a commit, so later ones of its stream did not: **a handler gets it after those it has
    /// seen**, and can tell by the version; only where the stream has dead letters at the handler, it is put among them in
    /// its place. Views are in order all the same. Where a handler cannot bear that, discard the letter.
    ///
    /// What is redriven of `@timers` waits again, and is due at once: the next [sweep](crate::App::sweep) executes it.
    ///
    /// # Errors
    /// Those of the store: [`DeliveryError::UnknownSubscriber`], [`DeliveryError::Store`] and [`DeliveryError::Outage`] for the
    /// delivery table. What is not removed stays as it was.
    pub async fn redrive(&self, name: &str) -> Result<Redriven, S::Error> {
        self.store.redrive(name).await
    }

    /// Removes a dead letter without delivering it. Those behind it stay until they are redriven; where there are
    /// none, the stream flows on.
    ///
    /// A handler never sees the commit. A projection goes on without it: when a later commit comes and this one still
    /// cannot be applied, the view passes it over, with what else was discarded of its stream, and so does every replay. It
    /// is not struck from the history: where the code has been repaired since, a view that has not passed it over yet, and
    /// a replay, contain it. A letter of `@relay` or `@projections` that is discarded is passed over by every projection, and one of a queue by
    /// those of the queue. [`DeadLetters::discarded`] lists what is passed over.
    ///
    /// # Errors
    /// Those of the store: [`DeliveryError::Store`] for the delivery table.
    pub async fn discard(&self, id: &LetterId, reason: &str) -> Result<(), S::Error> {
        self.store.discard(id, reason).await
    }

    /// The commits that a projection passes over because they were discarded, with the reasons. Their records are not
    /// kept: the store has them.
    ///
    /// # Errors
    /// [`DeliveryError::UnknownSubscriber`], [`DeliveryError::Store`].
    pub async fn discarded(&self, projection: &str) -> Result<Vec<DeadLetter>, S::Error> {
        self.store.discarded(projection).await
    }

    /// Puts the dead letters of a subscriber that was renamed, or of a queue that was, under the new name, to be redriven; and,
    /// of a subscriber, what it discarded. Returns how many dead letters there were. Nobody may deliver to either of the two
    /// meanwhile.
    ///
    /// # Errors
    /// Those of the store: [`DeliveryError::UnknownSubscriber`] for the new name and [`DeliveryError::Store`] for the delivery
    /// table. Nothing is lost, and the same call goes on.
    pub async fn hand_over(&self, old: &str, new: &str) -> Result<u64, S::Error> {
        self.store.hand_over(old, new).await
    }
}
