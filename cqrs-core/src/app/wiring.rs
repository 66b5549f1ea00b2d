use std::collections::BTreeSet;

use super::App;
use crate::handler::HandlerRow;
use crate::registry::{ProcessRow, ProjectionRow};

impl App {
    /// The queues of all handlers, processes and projections that are linked into this program, including those that
    /// [`AppBuilder::only`](super::AppBuilder::only) leaves out. Another process of the same program may read these
    /// queues.
    #[must_use]
    pub fn linked_queues() -> BTreeSet<&'static str> {
        let handlers = inventory::iter::<HandlerRow>().map(|row| row.queue.unwrap_or(row.name));
        let projections = inventory::iter::<ProjectionRow>().map(|row| row.queue.unwrap_or(row.name));
        let processes = inventory::iter::<ProcessRow>().map(|row| row.queue.unwrap_or(row.name));
        handlers.chain(processes).chain(projections).collect()
    }
}
