//! Outages that last: each table, queue and topic refuses more requests than anybody has tries. Nothing dies of it, and
//! everything is handled afterwards. No clock decides how long an outage is; the number of refused requests does.

mod function;
mod process;
mod relay;
mod shop;
mod worker;
