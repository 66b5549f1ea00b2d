//! Long outages: each table, queue and topic refuses more requests than any subscriber has tries. Nothing becomes a
//! dead letter, and everything is handled afterwards. The number of refused requests decides how long an outage is, not
//! a clock.

mod function;
mod process;
mod relay;
mod shop;
mod worker;
