//! Projections that one function feeds straight from the stream of the events table.

mod dead_letters;
mod editions;
mod look;
mod order;
mod outage;
mod records;
mod world;
