//! The bank of the quickstart over HTTP.
//!
//! | binary | what it does |
//! | --- | --- |
//! | `bank-http` | serves it on `127.0.0.1:8080`, on an embedded DynamoDB, and delivers |
//! | `bank-function` | the same router as a Lambda function |
//! | `bank-projections` | the function that takes commits to the views |
//! | `bank-timers` | the function that executes due commands |
//! | `bank-template` | prints the template that deploys the three, the first of them behind an HTTP API |

mod api;
// Laid out by hand, like the quickstart.
#[rustfmt::skip]
mod bank;
#[cfg(feature = "lambda")]
mod connected;
#[cfg(all(test, feature = "embedded"))]
mod tests;

pub use api::{Teller, api};
pub use bank::{Account, Deposit, Open, Statement, Withdraw};
#[cfg(feature = "lambda")]
pub use connected::app;
