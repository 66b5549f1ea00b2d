//! An API by HTTP, on the stores in memory, without a socket.

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
mod quickstart;
mod routes;
mod tags;
