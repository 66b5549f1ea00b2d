use serde::Serialize;

/// Which subscriber listens to which events.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Wiring {
    /// Every event of every linked aggregate.
    pub events: Vec<WiringEvent>,
    /// Every handler, process and projection of this app.
    pub subscribers: Vec<WiringSubscriber>,
    /// Every command that may be stored, of every linked aggregate that decides on it. Which of them a handler schedules, or a
    /// process sends, is known only when it runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<WiringCommand>,
}

/// One command that may be stored, as one aggregate takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WiringCommand {
    /// The stored type name.
    pub name: &'static str,
    /// The schema.
    pub schema: u32,
    /// The type names that it was stored under before.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub aliases: &'static [&'static str],
    /// The aggregate that decides on it.
    pub aggregate: &'static str,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WiringEvent {
    /// The stored type name.
    pub name: &'static str,
    /// The schema.
    pub schema: u32,
    /// The type names that it was stored under before.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub aliases: &'static [&'static str],
    /// The aggregate that applies it.
    pub aggregate: &'static str,
    /// The names of the subscribers that listen to it.
    pub subscribers: Vec<&'static str>,
}

/// One subscriber.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WiringSubscriber {
    /// Its name.
    pub name: &'static str,
    /// Its queue: its own queue with its name, or the one of `queue = "…"`.
    pub queue: &'static str,
    /// Its kind.
    #[serde(flatten)]
    pub kind: SubscriberKind,
    /// The name of its views in their keys, `ORDER_SUMMARY`; `None` for a handler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<&'static str>,
    /// The number of indexes that list its views; 0 for a handler.
    #[serde(skip_serializing_if = "no_index")]
    pub indexes: usize,
    /// How often it is tried before a commit becomes a dead letter, if it says so itself: `#[event_handler(…, retry(attempts = 5))]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// The stored type names that it listens to, with those from before a renaming.
    pub events: Vec<&'static str>,
    /// The deadlines of a process; empty for other subscribers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deadlines: Vec<&'static str>,
    /// Its place in the source.
    pub location: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn no_index(indexes: &usize) -> bool {
    *indexes == 0
}

/// The kind of a subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum SubscriberKind {
    /// Reacts, with side effects; never replayed.
    Handler {
        /// Whether an inbox remembers what it has done.
        once: bool,
    },
    /// Reacts over several aggregates, with deadlines; its state is replayable.
    Process,
    /// Folds into views; replayable.
    Projection,
}
