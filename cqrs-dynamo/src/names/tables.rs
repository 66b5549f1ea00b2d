/// The attribute by which DynamoDB deletes items of the delivery table: seconds since 1970.
pub(crate) const EXPIRES_AT: &str = "expiresAt";

/// The names of the tables.
///
/// ```
/// use cqrs_dynamo::Tables;
/// let tables = Tables::with_prefix("shop-prod-");
/// assert_eq!(tables.events, "shop-prod-events");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// Commits, one item each; its stream feeds the delivery. Default `events`.
    pub events: String,
    /// Views and their fences. Default `views`.
    pub views: String,
    /// Snapshots of aggregates that ask for them. Default `snapshots`.
    pub snapshots: String,
    /// The delivery's positions, dead letters and inbox records. Inbox records expire by the time to live, `expiresAt`. Default
    /// `delivery`.
    pub delivery: String,
    /// The values of unique fields, and the streams that own them. This table exists only if a linked aggregate has such a field.
    /// Default `reservations`.
    pub reservations: String,
    /// Commands that wait for their time. This table exists only if the program has commands that can wait. Default `timers`.
    pub timers: String,
}

impl Tables {
    /// The default names behind a prefix: `{prefix}events`, and so on.
    #[must_use]
    pub fn with_prefix(prefix: &str) -> Self {
        let name = |table: &str| format!("{prefix}{table}");
        Self {
            events: name("events"),
            views: name("views"),
            snapshots: name("snapshots"),
            delivery: name("delivery"),
            reservations: name("reservations"),
            timers: name("timers"),
        }
    }
}

impl Default for Tables {
    fn default() -> Self {
        Self::with_prefix("")
    }
}
