//! Programs with different folds of a view across aggregates on one database: a deployment, its rollback, and both at once.

mod deployment;
mod feed;
mod queue;
mod till;
mod world;
