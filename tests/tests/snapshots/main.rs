//! Snapshots: a load from one is the fold of the whole stream, whatever happens to the snapshot.

mod belonging;
mod carried;
mod cost;
mod cuts;
mod faults;
mod fold;
mod ids;
mod ledger;
mod log;
mod race;
mod together;
mod writes;
