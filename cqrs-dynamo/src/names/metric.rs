//! The metrics that functions report to CloudWatch, and that alarms use.

pub(crate) const NAMESPACE: &str = "Foldline";
/// The dimension: the name of the function.
pub(crate) const FUNCTION: &str = "FunctionName";
/// How many dead letters a function has found in the delivery table, including those that wait behind another one.
pub(crate) const DEAD_LETTERS: &str = "DeadLetters";
