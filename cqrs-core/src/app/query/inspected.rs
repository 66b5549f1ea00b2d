//! Queries by names that are known only at run time, with values as texts of the keys, for
//! [`inspect`](mod@crate::inspect).

use super::Query;
use crate::projection::{Criterion, END, Projection};

impl<V: Projection> Query<'_, V> {
    /// By the index at a position in [`View::INDEXES`](crate::projection::View::INDEXES), for the text of a value of
    /// its first field.
    pub(crate) fn by_text(self, index: usize, first: String) -> Self {
        self.by_index_text(index, first)
    }

    /// Asks for the next field of the index.
    pub(crate) fn field_text(self, criterion: Criterion<String>) -> Self {
        self.ask(criterion, &[END])
    }
}
