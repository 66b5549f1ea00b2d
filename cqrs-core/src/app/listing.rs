//! How far a generated query has come, in its type.

/// A query of all views of a tenant, by their keys.
#[derive(Debug, Clone, Copy)]
pub struct Whole(());

/// A query by an index, counted from 1, or by the key, which is 0, of which some fields have been asked for.
#[derive(Debug, Clone, Copy)]
pub struct At<const INDEX: usize, const FIELDS: usize>(());
