//! The events of a decision are encoded and read back once before they are appended.

use crate::aggregate::{Aggregate, EventRow, unapplied};
use crate::commit::{Commit, EncodeError, StoredEvent};

/// The events of a commit as everybody else will read them, if they may differ from the decided ones.
pub(super) fn read_back<A: Aggregate>(commit: &Commit) -> Result<Option<Vec<A::Event>>, EncodeError> {
    let comes_back = |event: &StoredEvent| row_of::<A>(&event.name).is_some_and(|row| row.comes_back);
    if commit.events.iter().all(comes_back) {
        return Ok(None);
    }
    let read = |(index, event): (usize, &StoredEvent)| {
        let read = match row_of::<A>(&event.name) {
            Some(row) => (row.decode)(event.number(), event.data.clone()),
            None => Err(unapplied::<A>()),
        };
        read.map_err(|reason| {
            let reason = format!(
                "it could not be read back ({reason}); is a number NaN or infinite, or a field left out?"
            );
            refused::<A>(commit, index, reason)
        })
    };
    commit.events.iter().enumerate().map(read).collect::<Result<_, _>>().map(Some)
}

fn row_of<A: Aggregate>(name: &str) -> Option<&'static EventRow<A::Event>> {
    A::EVENTS.iter().find(|row| row.id.is_stored_as(name))
}

pub(super) fn refused<A: Aggregate>(commit: &Commit, index: usize, reason: String) -> EncodeError {
    let name = commit.events.get(index).and_then(|event| row_of::<A>(&event.name));
    EncodeError { name: name.map_or(A::NAME, |row| row.id.name), reason }
}
