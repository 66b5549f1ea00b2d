use clap::{Args, Subcommand};
use cqrs_core::Timestamp;
use cqrs_core::delivery::{DeadLetterStore, DeadLetters as Letters};
use cqrs_core::store::{DeadLetter, LetterId};
use serde::Serialize;
use serde_json::Value;

use crate::failure::{Ending, Failure};
use crate::output::Align::{Left, Right};
use crate::output::Table;
use crate::session::Session;
use crate::target::Target;

/// Show and manage the commits that could not be delivered
#[derive(Debug, Subcommand)]
pub enum DeadLetters {
    /// List them
    List(List),
    /// Show one, with its reason
    Show(Show),
    /// Deliver those of a subscriber once more, in the order of each stream
    Redrive(Redrive),
    /// Remove one without delivering it
    Discard(Discard),
    /// List the commits that a projection goes on without
    Discarded(Discarded),
    /// Move those of a renamed subscriber to its new name
    HandOver(HandOver),
}

impl DeadLetters {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        if !self.place().queues {
            return self.run_on(&target.app.dead_letters(), session).await;
        }
        self.run_on_queues(&target, session).await
    }

    #[cfg(feature = "broker")]
    async fn run_on_queues(self, target: &Target, session: &mut Session) -> Result<Ending, Failure> {
        let Some(broker) = &target.broker else {
            return Err(Failure::usage(
                "`--queues` needs the broker of the app: add `.broker(&broker)` to the `Target`",
            ));
        };
        self.run_on(&broker.dead_letter_queues(&target.app), session).await
    }

    #[cfg(not(feature = "broker"))]
    async fn run_on_queues(self, _: &Target, _: &mut Session) -> Result<Ending, Failure> {
        Err(Failure::usage("`--queues` needs the feature `broker` of `foldline`"))
    }

    async fn run_on<S: DeadLetterStore>(
        self,
        letters: &Letters<S>,
        session: &mut Session,
    ) -> Result<Ending, Failure> {
        match self {
            Self::List(operation) => operation.run(letters, session).await,
            Self::Show(operation) => operation.run(letters, session).await,
            Self::Redrive(operation) => operation.run(letters, session).await,
            Self::Discard(operation) => operation.run(letters, session).await,
            Self::Discarded(operation) => operation.run(letters, session).await,
            Self::HandOver(operation) => operation.run(letters, session).await,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::List(List { place, .. })
            | Self::Show(Show { place, .. })
            | Self::Redrive(Redrive { place, .. })
            | Self::Discard(Discard { place, .. })
            | Self::Discarded(Discarded { place, .. })
            | Self::HandOver(HandOver { place, .. }) => *place,
        }
    }
}

/// Where dead letters are kept.
#[derive(Debug, Clone, Copy, Args)]
struct Place {
    /// Use those of the queues of a broker instead of those in the delivery table
    #[arg(long)]
    queues: bool,
}

/// Identifies a dead letter.
#[derive(Debug, Args)]
struct Letter {
    /// The subscriber, or the queue
    subscriber: String,
    /// The partition key, as `list` prints it
    pk: String,
    /// The sort key, with the version
    sk: String,
}

impl Letter {
    fn id(&self) -> LetterId {
        LetterId::new(&self.subscriber, &self.pk, &self.sk)
    }

    async fn find<S: DeadLetterStore>(&self, letters: &Letters<S>) -> Result<DeadLetter, Failure> {
        let found = letters.of(&self.subscriber).await?;
        found.into_iter().find(|letter| letter.id == self.id()).ok_or_else(|| {
            Failure::work(format!("`{}` has no dead letter at {} {}", self.subscriber, self.pk, self.sk))
        })
    }
}

/// A dead letter as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    subscriber: &'a str,
    pk: &'a str,
    sk: &'a str,
    types: Vec<&'a str>,
    reason: &'a str,
    attempts: u32,
    since: Timestamp,
    newer: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<&'a Value>,
}

impl<'a> Shown<'a> {
    fn new(letter: &'a DeadLetter, with_data: bool) -> Self {
        Self {
            subscriber: &letter.id.subscriber,
            pk: &letter.id.pk,
            sk: &letter.id.sk,
            types: letter.types(),
            reason: &letter.reason,
            attempts: letter.attempts,
            since: letter.since,
            newer: letter.is_newer(),
            record: with_data.then_some(&letter.record),
        }
    }
}

/// Prints dead letters.
fn print(session: &mut Session, letters: &[DeadLetter]) -> Result<(), Failure> {
    let columns = [
        ("subscriber", Left),
        ("pk", Left),
        ("sk", Left),
        ("events", Left),
        ("tries", Right),
        ("since", Left),
        ("reason", Left),
    ];
    let mut table = Table::new(&columns);
    for letter in letters {
        if session.out.is_json() {
            session.out.value(&Shown::new(letter, session.options.data))?;
        } else {
            table.row([
                letter.id.subscriber.clone(),
                letter.id.pk.clone(),
                letter.id.sk.clone(),
                letter.types().join(", "),
                letter.attempts.to_string(),
                letter.since.to_string(),
                letter.reason.clone(),
            ]);
        }
    }
    session.out.table(&mut table)
}

/// List the dead letters, by subscriber, stream and version
///
/// Beside the subscribers there are `@relay` and `@projections`, for commits that could be given to no subscriber, and
/// `@timers`, for commands that were due. A reason may repeat the data of the event.
#[derive(Debug, Args)]
pub struct List {
    /// Only those of this subscriber or queue, which need not exist any more
    subscriber: Option<String>,
    /// End with exit code 3 if there is one
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    place: Place,
}

impl List {
    async fn run<S: DeadLetterStore>(
        self,
        letters: &Letters<S>,
        session: &mut Session,
    ) -> Result<Ending, Failure> {
        let found = match &self.subscriber {
            Some(subscriber) => letters.of(subscriber).await?,
            None => letters.list().await?,
        };
        print(session, &found)?;
        Ok(if self.check && !found.is_empty() { Ending::Attention } else { Ending::Done })
    }
}

/// Show one dead letter, with its reason
///
/// The record is shown with `--data`.
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    letter: Letter,
    #[command(flatten)]
    place: Place,
}

impl Show {
    async fn run<S: DeadLetterStore>(
        self,
        letters: &Letters<S>,
        session: &mut Session,
    ) -> Result<Ending, Failure> {
        let letter = self.letter.find(letters).await?;
        let shown = Shown::new(&letter, session.options.data);
        if session.out.is_json() {
            session.out.value(&shown)?;
            return Ok(Ending::Done);
        }
        let Shown { subscriber, pk, sk, attempts, since, .. } = &shown;
        session.out.text(&format!("{subscriber}  {pk}  {sk}"))?;
        session.out.text(&format!("events  {}", shown.types.join(", ")))?;
        session.out.text(&format!("tries   {attempts}"))?;
        session.out.text(&format!("since   {since}"))?;
        session.out.text(&format!("reason  {}", shown.reason))?;
        if let Some(record) = shown.record {
            session.out.text(&format!("{record:#}"))?;
        }
        Ok(Ending::Done)
    }
}

/// Deliver the dead letters of a subscriber once more, in the order of each stream
///
/// A commit that succeeds is removed. At the first failure of a stream, the rest of the stream stays. The handlers run,
/// with their effects. Exit code 3 if some are left. Asks first.
#[derive(Debug, Args)]
pub struct Redrive {
    /// The subscriber, or the queue
    subscriber: String,
    #[command(flatten)]
    place: Place,
}

impl Redrive {
    async fn run<S: DeadLetterStore>(
        self,
        letters: &Letters<S>,
        session: &mut Session,
    ) -> Result<Ending, Failure> {
        let waiting = letters.of(&self.subscriber).await?.len();
        if waiting > 0 {
            session.confirm(&format!(
                "{waiting} dead letters are delivered to `{}` once more.",
                self.subscriber
            ))?;
        }
        let redriven = letters.redrive(&self.subscriber).await?;
        let (done, left) = (redriven.done, redriven.left);
        if session.out.is_json() {
            let value = serde_json::json!({ "subscriber": self.subscriber, "done": done, "left": left });
            session.out.value(&value)?;
        } else {
            session.out.text(&format!("{}: {done} delivered, {left} left", self.subscriber))?;
        }
        Ok(if left > 0 { Ending::Attention } else { Ending::Done })
    }
}

/// Remove a dead letter without delivering it
///
/// A handler never sees the commit, and a projection goes on without it. Asks first.
#[derive(Debug, Args)]
pub struct Discard {
    #[command(flatten)]
    letter: Letter,
    /// Why: the reason is kept, and logged
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    place: Place,
}

impl Discard {
    async fn run<S: DeadLetterStore>(
        self,
        letters: &Letters<S>,
        session: &mut Session,
    ) -> Result<Ending, Failure> {
        let letter = self.letter.find(letters).await?;
        session.confirm(&format!(
            "`{}` will go on without {} ({} {}). That cannot be taken back.",
            letter.id.subscriber,
            letter.types().join(", "),
            letter.id.pk,
            letter.id.sk
        ))?;
        letters.discard(&letter.id, &self.reason).await?;
        if session.out.is_json() {
            session.out.value(&Shown::new(&letter, session.options.data))?;
        } else {
            session.out.text(&format!("{} {} is discarded", letter.id.pk, letter.id.sk))?;
        }
        Ok(Ending::Done)
    }
}

/// List the commits that a projection goes on without, with the reasons
#[derive(Debug, Args)]
pub struct Discarded {
    /// The projection
    projection: String,
    #[command(flatten)]
    place: Place,
}

impl Discarded {
    async fn run<S: DeadLetterStore>(
        self,
        letters: &Letters<S>,
        session: &mut Session,
    ) -> Result<Ending, Failure> {
        let found = letters.discarded(&self.projection).await?;
        print(session, &found)?;
        Ok(Ending::Done)
    }
}

/// Move the dead letters of a renamed subscriber to its new name
///
/// No delivery to either of the two names may run in the meantime. Asks first.
#[derive(Debug, Args)]
pub struct HandOver {
    /// The old name
    old: String,
    /// The new name
    new: String,
    #[command(flatten)]
    place: Place,
}

impl HandOver {
    async fn run<S: DeadLetterStore>(
        self,
        letters: &Letters<S>,
        session: &mut Session,
    ) -> Result<Ending, Failure> {
        let Self { old, new, .. } = &self;
        session.confirm(&format!("The dead letters of `{old}` become those of `{new}`."))?;
        let moved = letters.hand_over(old, new).await?;
        if session.out.is_json() {
            session.out.value(&serde_json::json!({ "old": old, "new": new, "moved": moved }))?;
        } else {
            session.out.text(&format!("{moved} dead letters of `{old}` now belong to `{new}`"))?;
        }
        Ok(Ending::Done)
    }
}
