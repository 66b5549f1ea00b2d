//! The price of capacity.

use crate::wire::Taken;

/// Dollars for a million write request units, and for a million read request units, of a table in on-demand mode of the
/// standard class in us-east-1.
const WRITE: f64 = 0.625;
const READ: f64 = 0.125;

pub const SOURCE: &str = "$0.625 per million write request units and $0.125 per million read request units: Amazon's \
     list prices for on-demand tables of the standard class in us-east-1 since November 2024 \
     (<https://aws.amazon.com/dynamodb/pricing/on-demand/>)";

/// The cost of a million commands that each take this.
pub fn dollars_per_million(taken: Taken) -> f64 {
    taken.write_units * WRITE + taken.read_units * READ
}
