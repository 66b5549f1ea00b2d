//! Replay: whatever happens while it runs, every view equals the fold of the store in the end.

mod aggregate_views;
mod ahead;
mod batches;
mod keyed_views;
mod kill;
mod live;
mod requests;
mod reshaped;
mod scope;
mod spread;
mod told;
mod world;
