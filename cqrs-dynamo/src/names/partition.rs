//! The partition keys of the delivery table.

/// The prefixes of partitions with positions, and with the leases of relays to a topic.
pub(crate) const POSITIONS: &str = "POSITION#";
#[cfg(any(feature = "broker", feature = "embedded"))]
pub(crate) const LEASES: &str = "RELAY#";

/// Names for what the delivery keeps and no subscriber owns: what the relay could not read, whose turn it is to redrive, how
/// projections began, what could not be given to projections that are fed from the stream, and what could not be executed when it
/// was due.
pub(crate) const RELAY: &str = "@relay";
pub(crate) const REDRIVE: &str = "@redrive";
pub(crate) const PROJECTIONS: &str = "@projections";
pub(crate) const TIMERS: &str = "@timers";

pub(crate) fn positions(subscriber: &str) -> String {
    format!("{POSITIONS}{subscriber}")
}

pub(crate) fn letters(subscriber: &str) -> String {
    format!("LETTER#{subscriber}")
}

pub(crate) fn parked(queue: &str) -> String {
    format!("PARKED#{queue}")
}

pub(crate) fn attempts(queue: &str) -> String {
    format!("ATTEMPTS#{queue}")
}

pub(crate) fn inbox(handler: &str, stream: &str) -> String {
    format!("INBOX#{handler}#{stream}")
}

#[cfg(feature = "broker")]
pub(crate) fn leases(relay: &str) -> String {
    format!("{LEASES}{relay}")
}
