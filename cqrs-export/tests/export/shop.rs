use std::collections::BTreeMap;

use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};
use cqrs_core::store::{Append, MemoryEventStore, NewCommit};
use cqrs_core::{Commit, EventStore, Metadata, StoredEvent, StreamKey};
use serde_json::{Value, json};

use crate::Name;

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde", rename_all = "lowercase")]
pub(crate) enum Channel {
    Web,
    Phone,
}

#[event(name = "Ordered")]
pub(crate) struct OrderedV1 {
    pub(crate) cents: u64,
}

#[event(schema = 2, from = OrderedV1)]
pub(crate) struct Ordered {
    pub(crate) cents: u64,
    pub(crate) weight: Option<f64>,
    pub(crate) points: i32,
    pub(crate) gift: bool,
    pub(crate) channel: Channel,
    pub(crate) ordered_at: Timestamp,
    pub(crate) lines: Vec<String>,
}

#[event(name = "order/shipped")]
pub(crate) struct Shipped {
    pub(crate) parcel: String,
}

impl From<OrderedV1> for Ordered {
    fn from(old: OrderedV1) -> Self {
        let ordered_at = Timestamp::from_unix_millis(0);
        let (channel, lines) = (Channel::Phone, Vec::new());
        Self { cents: old.cents, weight: None, points: 0, gift: false, channel, ordered_at, lines }
    }
}

#[derive(Clone)]
pub(crate) struct Ship;

#[aggregate(entity = "ORDER")]
#[derive(Default)]
pub(crate) struct Order {
    cents: u64,
}

#[aggregate]
impl Order {
    #[command]
    fn ship(&self, _: Ship) -> Result<Shipped, std::convert::Infallible> {
        Ok(Shipped { parcel: String::new() })
    }

    #[apply]
    fn ordered(&mut self, event: &Ordered) {
        let _ = (event.weight, event.points, event.gift, event.channel, event.ordered_at, &event.lines);
        self.cents = event.cents;
    }

    #[apply]
    fn shipped(&mut self, event: &Shipped) {
        let _ = (&event.parcel, self.cents);
    }
}

/// A store with orders of two tenants, in two schemas, two orders of a newer program, and streams that this program does
/// not know. It is the same each time.
pub(crate) struct Shop {
    pub(crate) app: App,
    pub(crate) commits: Vec<Commit>,
}

const ORDERS: u64 = 700;

/// When an order was recorded: one per minute.
pub(crate) fn at(number: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_704_103_200_000 + 60_000 * number.cast_signed())
}

fn metadata(number: u64) -> Metadata {
    let mut metadata = Metadata::new(format!("command-{number}"), at(number));
    metadata.correlation_id = format!("correlation-{}", number / 3);
    if number.is_multiple_of(2) {
        metadata.created_by = Some(format!("user \"{number}\" é"));
        metadata.causation_id = Some("cause".to_owned());
    }
    if number.is_multiple_of(5) {
        // Imported: its own time is another one.
        metadata.recorded_at = Some(at(number));
        metadata.created_at = Timestamp::from_unix_millis(0);
    }
    metadata
}

fn ordered(number: u64) -> StoredEvent {
    if number.is_multiple_of(4) {
        return StoredEvent::new("Ordered", 1, json!({ "cents": number }));
    }
    // Beyond the range of an `i64`, and beyond the precision of a floating-point number.
    let cents = if number == 1 { u64::MAX } else { 9_007_199_254_740_993 + number };
    let data = json!({
        "cents": cents, "weight": (number.is_multiple_of(3)).then_some(0.1), "points": -7, "gift": number.is_multiple_of(2),
        "channel": "web", "orderedAt": at(number).to_string(), "lines": ["x".repeat(4000)],
    });
    StoredEvent::new("Ordered", 2, data)
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let mut commits = Vec::new();
        for number in 0..ORDERS {
            let tenant = if number.is_multiple_of(10) { "SMALL" } else { "LARGE" };
            let stream = StreamKey::new(format!("{tenant}#ORDER"), format!("ORDER#{number:05}")).unwrap();
            let shipped = |parcel: &str| StoredEvent::new("order/shipped", 1, json!({ "parcel": parcel }));
            let mut of = |version: u64, events| {
                commits.push(Commit::new(stream.clone(), Version::new(version), events, metadata(number)));
            };
            of(1, vec![ordered(number)]);
            if number.is_multiple_of(2) {
                of(2, vec![shipped("first"), shipped("second \u{1F980}")]);
            }
        }
        for (number, tenant) in [(3, "LARGE"), (10, "SMALL")] {
            let stream = StreamKey::new(format!("{tenant}#ORDER"), format!("ORDER#9{number:04}")).unwrap();
            let event = StoredEvent::new("OrderGifted", 1, json!({ "to": "Ada" })).widened(2);
            commits.push(Commit::new(stream, Version::new(1), vec![event], metadata(number)));
        }
        for number in 0..5 {
            let stream = StreamKey::new("LARGE#VISIT", format!("VISIT#{number}")).unwrap();
            let event = StoredEvent::new("Visited", 1, json!({ "of": number }));
            commits.push(Commit::new(stream, Version::new(1), vec![event], metadata(number)));
        }
        let store = MemoryEventStore::new();
        for commit in &commits {
            assert_eq!(store.append(NewCommit::of(commit).unwrap()).await.unwrap(), Append::Written);
        }
        Self { app: App::builder(store).build().unwrap(), commits }
    }

    /// The lines that an export has for it.
    pub(crate) fn lines(&self) -> BTreeMap<Name, Value> {
        let mut lines = BTreeMap::new();
        for commit in &self.commits {
            let (pk, sk) = (commit.stream.pk(), commit.stream.sk());
            let known = pk.ends_with("#ORDER");
            let metadata = &commit.metadata;
            for (index, event) in commit.events.iter().enumerate() {
                let line = json!({
                    "tenant": known.then(|| pk.trim_end_matches("#ORDER")), "entity": known.then_some("ORDER"),
                    "pk": pk, "sk": sk, "version": commit.version.get(), "index": index,
                    "type": event.name, "schema": event.schema, "widened": event.widened,
                    "created_at": metadata.created_at.to_string(), "recorded_at": metadata.recorded().to_string(),
                    "created_by": metadata.created_by, "command_id": metadata.command_id,
                    "correlation_id": metadata.correlation_id, "causation_id": metadata.causation_id,
                    "trace_context": null, "transaction": null, "data": event.data,
                });
                lines.insert((pk.to_owned(), sk.to_owned(), commit.version.get(), index as u64), line);
            }
        }
        lines
    }
}
