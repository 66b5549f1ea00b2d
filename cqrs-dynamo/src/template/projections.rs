//! The projections that one function feeds from the stream.

use cqrs_core::app::WiringSubscriber;

/// Their names, and the binary that feeds them.
#[derive(Debug)]
pub(super) struct Projections<'a> {
    pub(super) binary: &'a str,
    /// At least one.
    pub(super) subscribers: Vec<&'a WiringSubscriber>,
}

impl<'a> Projections<'a> {
    pub(super) fn of(binary: &'a str, subscribers: Vec<&'a WiringSubscriber>) -> Option<Self> {
        (!subscribers.is_empty()).then_some(Self { binary, subscribers })
    }
}
