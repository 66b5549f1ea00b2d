//! From the store to handlers and projections: at least once, in the order of each stream, and never lost.

mod beginning;
mod chaos;
mod consumer;
mod crash;
mod discard;
mod isolation;
mod letters;
mod office;
mod order;
mod outage;
mod redrive;
mod relay;
mod restore;
mod service;
mod told;
