//! All parts of the program, proven to fit together.

use crate::domain::Order;
use crate::read_models::{CustomerTotals, OrderCreatedHandler, OrderSummary};

cqrs_core::app! {
    aggregates: [Order],
    projections: [OrderSummary, CustomerTotals],
    handlers: [OrderCreatedHandler],
    provides: [OrderCreatedHandler],
}
