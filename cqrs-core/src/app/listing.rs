//! How far a generated query has come, in its type.

use crate::projection::Ranged;

/// A query that does not say yet by what it lists.
#[derive(Debug, Clone, Copy)]
pub struct Unlisted(());

/// A query by an index, counted from 1, or by the key, which is 0, of which some fields have been asked for.
#[derive(Debug, Clone, Copy)]
pub struct At<const INDEX: usize, const FIELDS: usize>(());

/// A query that says by what it lists, and can be sent.
#[diagnostic::on_unimplemented(
    message = "this query does not say by what it lists",
    label = "an index is missing before this",
    note = "begin with an index of the projection, such as `.by_customer(…)`, or with `.by_key()`"
)]
pub trait Listed {}

impl<const INDEX: usize, const FIELDS: usize> Listed for At<INDEX, FIELDS> {}
impl Listed for Ranged {}
