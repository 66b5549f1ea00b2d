//! Replay: whatever happens while it runs, every view equals the fold of the store in the end.

mod across;
mod ahead;
mod kill;
mod live;
mod own;
mod requests;
mod reshaped;
mod scope;
mod spread;
mod world;
