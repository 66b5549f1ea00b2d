//! The server of the console, over TCP, on stores in memory.

mod access;
mod bounds;
mod fuzz;
mod routes;
mod support;
