//! How far a generated query has come, in its type.

/// A query of all views of a tenant, by their keys.
#[derive(Debug, Clone, Copy)]
pub struct Whole(());

/// A query by an index or by the key, some of whose fields have been asked for. Indexes are counted from 1; the key is
/// 0.
#[derive(Debug, Clone, Copy)]
pub struct At<const INDEX: usize, const FIELDS: usize>(());
