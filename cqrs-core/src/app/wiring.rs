use serde::Serialize;

/// Who listens to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wiring {
    /// Every event of every linked aggregate.
    pub events: Vec<WiringEvent>,
    /// Every handler and projection of this app; each has a queue of its own, named like it.
    pub subscribers: Vec<WiringSubscriber>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WiringEvent {
    /// The stored type name.
    pub name: &'static str,
    /// The schema.
    pub schema: u32,
    /// The aggregate that applies it.
    pub aggregate: &'static str,
    /// The names of the subscribers that listen to it.
    pub subscribers: Vec<&'static str>,
}

/// One subscriber.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WiringSubscriber {
    /// Its name; also its queue's.
    pub name: &'static str,
    /// What it is.
    pub kind: SubscriberKind,
    /// The stored type names that it listens to.
    pub events: Vec<&'static str>,
    /// Where it stands in the source.
    pub location: String,
}

/// What a subscriber is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SubscriberKind {
    /// Reacts, with side effects; never replayed.
    Handler,
    /// Folds into views; replayable.
    Projection,
}
