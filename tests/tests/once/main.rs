//! Handlers with `once`, on the embedded DynamoDB: a handled event is not handled again, whatever is delivered again.

mod lease;
mod office;
mod options;
mod redelivery;
mod table;
