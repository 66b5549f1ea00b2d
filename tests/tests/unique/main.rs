//! Values that belong to one instance of an aggregate.

mod belonging;
mod cost;
mod hotel;
mod killed;
mod races;
mod reserving;
