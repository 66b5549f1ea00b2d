//! An API by HTTP, on the stores in memory, without a socket except for `server`.

#![allow(unreachable_pub)]

mod bank;
mod bodies;
mod client;
mod commands;
mod conditions;
mod errors;
mod fuzz;
mod histories;
mod lists;
mod panics;
mod quickstart;
mod routes;
mod server;
mod tags;
