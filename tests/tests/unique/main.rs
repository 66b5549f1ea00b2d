//! Values that belong to one instance of an aggregate.

mod belonging;
mod cost;
mod hotel;
mod races;
mod reserving;
