use super::KeyFault;

/// A projection could never take a commit, because the key of a view cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("projection `{projection}` could never take `{event}`: in the key of its view {reason}; {way_out}")]
#[non_exhaustive]
pub struct ViewKeyError {
    /// The name of the projection, or of the view that was given to [`AppBuilder::view_key`](crate::app::AppBuilder::view_key).
    pub projection: &'static str,
    /// The stored type name of the event.
    pub event: String,
    /// The field of the key that causes the error, if it is one field.
    pub part: Option<&'static str>,
    /// What is wrong with it, with the limit.
    pub reason: String,
    way_out: &'static str,
}

impl ViewKeyError {
    pub(crate) fn new(projection: &'static str, event: &str, fault: KeyFault, way_out: &'static str) -> Self {
        let KeyFault { part, reason } = fault;
        Self { projection, event: event.to_owned(), part, reason, way_out }
    }
}
