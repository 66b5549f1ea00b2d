use std::collections::HashSet;
use std::time::Duration;

use cqrs_core::delivery::{Body, Consumer, DeadLetter, LetterId, Redriven, Verdict, awaits_newer_program};
use cqrs_core::{StreamKey, Timestamp, Version};
use serde_json::Value;

use super::BrokerError;
use super::held::Held;
use super::queue::{Queue, ReceivedMessage};

/// How long the letters stay hidden if the process that works on them dies; extended while it lives.
pub(super) const HIDDEN: Duration = Duration::from_secs(120);
/// How long a receive waits before it takes the queue for empty: without waiting, SQS may miss some letters.
pub(super) const WAIT: Duration = Duration::from_secs(1);
/// Replaces the partition key if a message holds no commit.
const NO_COMMIT: &str = "@message";
/// The reason of a letter that SQS itself has moved here.
const PUT_AWAY: &str = "SQS moved it here after too many receives, and no reason was recorded";
/// How many letters are redriven before the finished ones are deleted.
const CHUNK: usize = 50;
/// How long one process keeps the turn to redrive unknown events, if it dies.
const TURN: Duration = Duration::from_secs(600);

/// The dead letters of one queue, in their own SQS queue.
#[derive(Debug)]
pub(crate) struct DeadLetterQueue {
    consumer: Consumer,
    dead: Queue,
    wait: Duration,
}

/// Which letters are redriven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    /// Letters of streams in which a program did not know an event.
    Newer,
}

/// A letter and the commit that it is about.
pub(super) struct Opened {
    pub(super) letter: ReceivedMessage,
    pub(super) place: Option<(StreamKey, Version)>,
    pub(super) types: Vec<String>,
}

impl DeadLetterQueue {
    pub(crate) fn new(consumer: Consumer, dead: Queue) -> Self {
        Self { consumer, dead, wait: WAIT }
    }

    /// The queue whose dead letters these are, as the wiring names it.
    pub(super) fn queue(&self) -> &str {
        self.consumer.queue()
    }

    pub(super) fn wait(self, wait: Duration) -> Self {
        Self { wait, ..self }
    }

    /// Gives the dead letters to the subscribers again, in the order of each stream. What succeeds is deleted. At the first
    /// failure in a stream the rest of it stays, and the letter gets the new reason (in a FIFO queue only the log has it: a
    /// letter can keep its place there only unchanged).
    pub(super) async fn redrive(&self) -> Result<Redriven, BrokerError> {
        let held = self.held();
        holding(&held, self.redrive_held(&held, Which::All)).await
    }

    /// Redrives what an older program did not know, with what waits behind it; `None` if another process is doing it, or if
    /// `stop` came first.
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

    /// Deletes the letter of a commit, with all its messages, without delivering it. For a message without a commit, the letter
    /// is the message itself.
    pub(super) async fn discard(&self, id: &LetterId, reason: &str) -> Result<(), BrokerError> {
        let held = self.held();
        holding(&held, self.discard_held(&held, id, reason)).await
    }

    async fn discard_held(&self, held: &Held, id: &LetterId, reason: &str) -> Result<(), BrokerError> {
        let mut is_there = false;
        loop {
            let letters = held.receive(self.wait).await?;
            if letters.is_empty() {
                break;
            }
            let opened = letters.into_iter().map(Opened::from);
            for opened in opened.filter(|opened| opened.id(self.queue()) == *id) {
                tracing::warn!(
                    queue = self.dead.name(), id = opened.letter.receipt.id, types = ?opened.types,
                    place = ?opened.place, reason, "dead letter discarded"
                );
                // In this order, so that no stream waits for a letter that is gone.
                if let Some((stream, version)) = &opened.place {
                    self.consumer.discard(stream, *version, reason).await?;
                }
                held.delete(&[&opened.letter]).await;
                is_there = true;
            }
        }
        match is_there {
            true => Ok(()),
            false => Err(BrokerError::NoSuchLetter {
                name: self.dead.name().to_owned(),
                id: format!("{} {}", id.pk, id.sk),
            }),
        }
    }

    async fn redrive_held(&self, held: &Held, which: Which) -> Result<Redriven, BrokerError> {
        let mut redriven = Redriven::default();
        let mut wanted = HashSet::new();
        let mut failing = HashSet::new();
        let mut failed = Vec::new();
        loop {
            // Repeated until nothing is left: a FIFO queue gives the next ten of a stream when the first ten are gone.
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
                        // There is no new reason for the letter.
                        Verdict::Wait { reason, .. } => {
                            let (queue, id) = (self.dead.name(), &opened.letter.receipt.id);
                            tracing::warn!(queue, id, reason, "a dead letter waits");
                            failing.extend(opened.stream().cloned());
                            redriven.left += 1;
                        }
                        Verdict::Retry { reason, .. } | Verdict::Dead { reason } => {
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

    /// A message cannot be changed, so one with the new reason replaces it.
    async fn tell_reasons(
        &self,
        held: &Held,
        failed: &[(ReceivedMessage, String)],
    ) -> Result<(), BrokerError> {
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

/// All dead letters of a queue, by stream and version; those without a commit come first.
pub(super) async fn list(queue: &str, dead: &Queue, wait: Duration) -> Result<Vec<DeadLetter>, BrokerError> {
    let held = Held::new(dead, HIDDEN);
    let letters = holding(&held, receive_all(&held, wait)).await?;
    Ok(letters.into_iter().map(|opened| opened.of(queue)).collect())
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

/// Keeps letters hidden while they are worked on, then hands back what is left.
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

fn sorted(letters: Vec<ReceivedMessage>) -> Vec<Opened> {
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

    /// The address that its commit would have among the letters of a subscriber.
    pub(super) fn id(&self, queue: &str) -> LetterId {
        match &self.place {
            Some((stream, version)) => LetterId::of(queue, stream, *version),
            None => LetterId::new(queue, NO_COMMIT, &self.letter.receipt.id),
        }
    }

    /// The letter of a queue.
    fn of(self, queue: &str) -> DeadLetter {
        let id = self.id(queue);
        let body = self.letter.received().body;
        let mut record = serde_json::from_str(&body).unwrap_or(Value::String(body));
        // A commit that travels as its keys has the types of its events with them.
        let is_reference = self.place.is_some() && record.get("type").is_none();
        if let Some(keys) = record.as_object_mut().filter(|_| is_reference && !self.types.is_empty()) {
            keys.insert("types".to_owned(), self.types.into());
        }
        let reason = self.letter.reason().unwrap_or(PUT_AWAY);
        let since = self.letter.sent_at.unwrap_or(Timestamp::from_unix_millis(0));
        DeadLetter::new(id, reason, since, record).with_attempts(self.letter.receives)
    }
}

impl From<ReceivedMessage> for Opened {
    fn from(letter: ReceivedMessage) -> Self {
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
