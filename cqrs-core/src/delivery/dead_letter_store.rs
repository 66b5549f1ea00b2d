use std::error::Error;
use std::future::Future;

use super::DeliveryError;
use crate::store::{DeadLetter, LetterId, Redriven};

/// The dead letters of an app: list them, redrive them, drop them.
///
/// The methods are the same wherever the letters are kept: [`App::dead_letters`](crate::App::dead_letters) has those of
/// a delivery in this process, by subscriber; a broker has those of its queues, by queue. A program for operators is
/// written once for both:
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
/// method does.
pub trait DeadLetterStore: Send + Sync {
    /// The error of the store.
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
    /// The dead letters in this store.
    pub fn new(store: S) -> Self {
        Self { store }
    }

    /// The names that may have dead letters: the subscribers of the app, `@relay`, `@projections` and `@timers`, or the
    /// queues of its wiring.
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

    /// The dead letters of one subscriber, or of one queue, by stream and version. It need not exist any longer: after
    /// a subscriber was renamed, its letters are found under the old name; [`DeadLetters::hand_over`] puts them under
    /// the new one.
    ///
    /// # Errors
    /// Those of the store: [`DeliveryError::Store`] for the delivery table.
    pub async fn of(&self, name: &str) -> Result<Vec<DeadLetter>, S::Error> {
        self.store.of(name).await
    }

    /// Delivers the dead letters of a subscriber, or of the subscribers of a queue, again, in the order of each stream.
    /// A letter that succeeds is removed; after the first failure in a stream the rest of its letters stay.
    ///
    /// For `@relay` and `@projections` this means: a program that knows the type by now gives the commit to all its
    /// subscribers, or to all its projections. It was unknown who would have to wait for such a commit, so later ones
    /// of its stream did not wait: **a handler gets it after those it has seen**, and can see that by the version. Only
    /// if the stream has dead letters at the handler, the commit is put among them in its place. Views are in order all
    /// the same. If a handler cannot tolerate that, discard the letter.
    ///
    /// A redriven letter of `@timers` waits again, and is due at once: the next [sweep](crate::App::sweep) executes it.
    ///
    /// # Errors
    /// Those of the store: [`DeliveryError::UnknownSubscriber`], [`DeliveryError::Store`] and [`DeliveryError::Outage`] for the
    /// delivery table. What is not removed is kept.
    pub async fn redrive(&self, name: &str) -> Result<Redriven, S::Error> {
        self.store.redrive(name).await
    }

    /// Removes a dead letter without delivering it. Those behind it stay until they are redriven; if there are
    /// none, the stream continues.
    ///
    /// A handler never sees the commit. A projection continues without it: when a later commit comes and this one still
    /// cannot be applied, the view passes it over, with all other discarded commits of its stream, and so does every
    /// replay. The commit is not removed from the history: if the code has been repaired since, a replay contains it,
    /// and so does a view that has not passed it over yet. A discarded letter of `@relay` or `@projections` is passed
    /// over by every projection, and one of a queue by the projections of the queue. [`DeadLetters::discarded`] lists
    /// what is passed over.
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

    /// Moves the dead letters of a renamed subscriber, or of a renamed queue, to the new name, to be redriven; for a
    /// subscriber also what was discarded. Returns how many dead letters there were. Nobody may deliver to either of
    /// the two meanwhile.
    ///
    /// # Errors
    /// Those of the store: [`DeliveryError::UnknownSubscriber`] for the new name and [`DeliveryError::Store`] for the delivery
    /// table. Nothing is lost, and the same call continues.
    pub async fn hand_over(&self, old: &str, new: &str) -> Result<u64, S::Error> {
        self.store.hand_over(old, new).await
    }
}
