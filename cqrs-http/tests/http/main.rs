//! An API by HTTP, on the stores in memory, without a socket except for `server`.

#![allow(unreachable_pub)]

mod apis;
mod bank;
mod bodies;
mod client;
mod commands;
mod conditions;
mod contended;
mod errors;
mod fuzz;
mod histories;
mod keys;
mod lists;
mod panics;
mod quickstart;
mod routes;
mod server;
mod tags;
