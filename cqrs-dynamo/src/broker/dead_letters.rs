use std::collections::HashSet;
use std::time::Duration;

use cqrs_core::delivery::{Body, Consumer, Verdict, awaits_newer_program};
use cqrs_core::{StreamKey, Timestamp, Version};

use super::BrokerError;
use super::held::Held;
use super::queue::{Letter, Queue};

/// How long the letters stay out of others' sight where whoever works on them dies; extended for as long as
/// it lives.
pub(super) const HIDDEN: Duration = Duration::from_secs(120);
/// How long a receive waits for letters before there are no more: without waiting SQS may overlook some.
pub(super) const WAIT: Duration = Duration::from_secs(1);
/// How many letters are redriven before those that are done are deleted.
const CHUNK: usize = 50;
/// How long one process has the turn at what others did not know, if it dies.
const TURN: Duration = Duration::from_secs(600);

/// The dead letters of one queue: list them, redrive them, discard them. See
/// [`Broker::dead_letters`](super::Broker::dead_letters).
///
/// They are received in order to be looked at: for that time nobody else sees them, and the console of AWS
/// counts them as in flight. A FIFO queue shows at most ten of each stream at once.
///
/// ```no_run
/// # use cqrs_dynamo::{Broker, BrokerError};
/// # async fn example(app: cqrs_core::App, broker: Broker) -> Result<(), BrokerError> {
/// let letters = broker.dead_letters(&app, "Mailer").await?;
/// for letter in letters.list().await? {
///     println!("{} {:?} {}", letter.id, letter.types, letter.reason.as_deref().unwrap_or("no reason"));
/// }
/// let redriven = letters.redrive().await?;
/// println!("{} done, {} left", redriven.done, redriven.left);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct QueueDeadLetters {
    consumer: Consumer,
    dead: Queue,
    wait: Duration,
}

/// One dead letter of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueDeadLetter {
    /// Its id, until it is redriven.
    pub id: String,
    /// The stream of its commit; none where the body is no commit's.
    pub stream: Option<StreamKey>,
    /// The version of its commit; none as before.
    pub version: Option<Version>,
    /// The stored type names of its events, as far as the message tells.
    pub types: Vec<String>,
    /// What went wrong, or that it waits behind an earlier commit of its stream; none where SQS itself put it
    /// away, after a message has been received too often and nobody has said why.
    pub reason: Option<String>,
    /// How often it has been received as a dead letter, this time included.
    pub receives: u32,
    /// When it became a dead letter, or failed last.
    pub since: Option<Timestamp>,
    /// The message as it was sent.
    pub body: String,
}

impl QueueDeadLetter {
    /// Whether the program that put it here did not know the event, or not under its schema. A worker or a function that does
    /// redrives it when it starts, with what waits behind it.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        self.reason.as_deref().is_some_and(awaits_newer_program)
    }
}

/// What became of dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Redriven {
    /// How many are done and deleted.
    pub done: u64,
    /// How many are still there: those that failed, and those that wait behind them.
    pub left: u64,
}

/// Which letters are redriven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    /// Those of streams in which a program did not know an event.
    Newer,
}

/// A letter and the commit that it speaks of.
pub(super) struct Opened {
    pub(super) letter: Letter,
    pub(super) place: Option<(StreamKey, Version)>,
    pub(super) types: Vec<String>,
}

impl QueueDeadLetters {
    pub(crate) fn new(consumer: Consumer, dead: Queue) -> Self {
        Self { consumer, dead, wait: WAIT }
    }

    /// The queue whose dead letters these are, as the wiring names it.
    pub(super) fn queue(&self) -> &str {
        self.consumer.queue()
    }

    /// How long a receive waits for letters before there are no more, in whole seconds up to 20. Default 1
    /// second: without waiting SQS may overlook some.
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// All dead letters, by stream and version; those that are no commit's come first.
    ///
    /// # Errors
    /// [`BrokerError::Request`].
    pub async fn list(&self) -> Result<Vec<QueueDeadLetter>, BrokerError> {
        list(&self.dead, self.wait).await
    }

    /// Takes the dead letters to the subscribers again, in the order of each stream. What is done is deleted;
    /// at the first failure of a stream the rest of it stays, and the letter tells the new reason (in a FIFO
    /// queue the log does: there a letter keeps its place only as it is).
    ///
    /// # Errors
    /// [`BrokerError::Request`]; nothing is lost, those that are not deleted come back.
    pub async fn redrive(&self) -> Result<Redriven, BrokerError> {
        let held = self.held();
        holding(&held, self.redrive_held(&held, Which::All)).await
    }

    /// Redrives what an older program did not know, with what waits behind it; none where another process is at it, or `stop`
    /// came before it was done.
    pub(crate) async fn redrive_newer(
        &self,
        stop: impl Future<Output = ()>,
    ) -> Result<Option<Redriven>, BrokerError> {
        if self.dead.backlog().await? == 0 {
            return Ok(Some(Redriven::default()));
        }
        let Some(turn) = self.consumer.redrive_turn(TURN).await? else { return Ok(None) };
        let held = self.held();
        let redriven = tokio::select! {
            redriven = holding(&held, self.redrive_held(&held, Which::Newer)) => Some(redriven),
            () = stop => None,
        };
        turn.end().await;
        let Some(redriven) = redriven.transpose()? else { return Ok(None) };
        if redriven.done > 0 {
            let (queue, done) = (self.consumer.queue(), redriven.done);
            tracing::info!(queue, done, "dead letters that an older program did not know");
        }
        Ok(Some(redriven))
    }

    /// Deletes a dead letter without delivering it. Its stream flows again, unless later commits wait behind
    /// it: they stay until they are redriven. A projection goes on without the commit, as
    /// [`DeadLetters::discard`](cqrs_core::delivery::DeadLetters::discard) says.
    ///
    /// # Errors
    /// [`BrokerError::NoSuchLetter`], [`BrokerError::Request`], [`BrokerError::Delivery`].
    pub async fn discard(&self, id: &str, reason: &str) -> Result<(), BrokerError> {
        let held = self.held();
        holding(&held, self.discard_held(&held, id, reason)).await
    }

    async fn discard_held(&self, held: &Held, id: &str, reason: &str) -> Result<(), BrokerError> {
        loop {
            let letters = held.receive(self.wait).await?;
            if letters.is_empty() {
                return Err(BrokerError::NoSuchLetter {
                    name: self.dead.name().to_owned(),
                    id: id.to_owned(),
                });
            }
            let Some(letter) = letters.into_iter().find(|letter| letter.receipt.id == id) else { continue };
            let opened = Opened::from(letter);
            tracing::warn!(
                queue = self.dead.name(), id, types = ?opened.types, place = ?opened.place, reason,
                "dead letter discarded"
            );
            // In this order, lest a stream waits for a letter that is not there any more.
            if let Some((stream, version)) = &opened.place {
                self.consumer.discard(stream, *version, reason).await?;
            }
            held.delete(&[&opened.letter]).await;
            return Ok(());
        }
    }

    async fn redrive_held(&self, held: &Held, which: Which) -> Result<Redriven, BrokerError> {
        let mut redriven = Redriven::default();
        let mut wanted = HashSet::new();
        let mut failing = HashSet::new();
        let mut failed = Vec::new();
        loop {
            // Again, until there are none: a FIFO queue brings the next ten of a stream when the first are gone.
            let letters = receive_all(held, self.wait).await?;
            if letters.is_empty() {
                break;
            }
            let newer = letters.iter().filter(|opened| opened.is_newer());
            wanted.extend(newer.filter_map(Opened::stream).cloned());
            let is_wanted = |opened: &Opened| {
                which == Which::All || opened.stream().is_some_and(|stream| wanted.contains(stream))
            };
            let (letters, others): (Vec<_>, Vec<_>) = letters.into_iter().partition(is_wanted);
            redriven.left += others.len() as u64;
            let mut letters = letters.into_iter().peekable();
            while letters.peek().is_some() {
                let chunk: Vec<Opened> = letters.by_ref().take(CHUNK).collect();
                let (waiting, chunk): (Vec<_>, Vec<_>) = chunk
                    .into_iter()
                    .partition(|opened| opened.stream().is_some_and(|stream| failing.contains(stream)));
                redriven.left += waiting.len() as u64;
                let received: Vec<_> = chunk.iter().map(|opened| opened.letter.received()).collect();
                let verdicts = self.consumer.redrive(&received).await;
                let mut done = Vec::new();
                for (opened, verdict) in chunk.iter().zip(verdicts) {
                    match verdict {
                        Verdict::Done => done.push(&opened.letter),
                        // Nothing new is known about the letter.
                        Verdict::Wait { reason } => {
                            let (queue, id) = (self.dead.name(), &opened.letter.receipt.id);
                            tracing::warn!(queue, id, reason, "a dead letter waits");
                            failing.extend(opened.stream().cloned());
                            redriven.left += 1;
                        }
                        Verdict::Retry { reason } | Verdict::Dead { reason } => {
                            failing.extend(opened.stream().cloned());
                            failed.push((opened.letter.clone(), reason));
                        }
                    }
                }
                redriven.done += done.len() as u64;
                held.delete(&done).await;
            }
        }
        redriven.left += failed.len() as u64;
        self.tell_reasons(held, &failed).await?;
        Ok(redriven)
    }

    /// A message cannot be changed: one with the new reason takes its place.
    async fn tell_reasons(&self, held: &Held, failed: &[(Letter, String)]) -> Result<(), BrokerError> {
        for (letter, reason) in failed {
            if self.dead.is_fifo() {
                tracing::error!(
                    queue = self.dead.name(),
                    id = letter.receipt.id,
                    reason,
                    "dead letter failed again"
                );
            } else if letter.reason() != Some(reason) {
                self.dead.send(letter, reason).await?;
                held.delete(&[letter]).await;
            }
        }
        Ok(())
    }

    fn held(&self) -> Held {
        Held::new(&self.dead, HIDDEN)
    }
}

/// All dead letters of a queue, by stream and version.
pub(super) async fn list(dead: &Queue, wait: Duration) -> Result<Vec<QueueDeadLetter>, BrokerError> {
    let held = Held::new(dead, HIDDEN);
    let letters = holding(&held, receive_all(&held, wait)).await?;
    Ok(letters.into_iter().map(QueueDeadLetter::from).collect())
}

async fn receive_all(held: &Held, wait: Duration) -> Result<Vec<Opened>, BrokerError> {
    let mut all = Vec::new();
    loop {
        let letters = held.receive(wait).await?;
        if letters.is_empty() {
            return Ok(sorted(all));
        }
        all.extend(letters);
    }
}

/// Keeps letters out of others' sight while something is done with them, then hands back what is left of
/// them.
pub(super) async fn holding<T>(
    held: &Held,
    work: impl Future<Output = Result<T, BrokerError>>,
) -> Result<T, BrokerError> {
    let ended = tokio::select! {
        ended = work => ended,
        never = held.keep() => match never {},
    };
    held.hand_all_back().await;
    ended
}

fn sorted(letters: Vec<Letter>) -> Vec<Opened> {
    let mut opened: Vec<Opened> = letters.into_iter().map(Opened::from).collect();
    opened.sort_by(|one, other| one.place.cmp(&other.place));
    opened
}

impl Opened {
    fn is_newer(&self) -> bool {
        self.letter.reason().is_some_and(awaits_newer_program)
    }

    fn stream(&self) -> Option<&StreamKey> {
        self.place.as_ref().map(|(stream, _)| stream)
    }
}

impl From<Letter> for Opened {
    fn from(letter: Letter) -> Self {
        let (place, types) = match Body::parse(&letter.received().body) {
            Ok(Body::Commit(commit)) => {
                let types = commit.events.into_iter().map(|event| event.name).collect();
                (Some((commit.stream, commit.version)), types)
            }
            Ok(Body::Reference(stream, version)) => (Some((stream, version)), letter.list("types")),
            Err(_) => (None, letter.list("types")),
        };
        Self { letter, place, types }
    }
}

impl From<Opened> for QueueDeadLetter {
    fn from(opened: Opened) -> Self {
        let Opened { letter, place, types } = opened;
        let (stream, version) = place.unzip();
        Self {
            stream,
            version,
            types,
            reason: letter.reason().map(str::to_owned),
            receives: letter.receives,
            since: letter.sent_at,
            id: letter.receipt.id,
            body: letter.body,
        }
    }
}
