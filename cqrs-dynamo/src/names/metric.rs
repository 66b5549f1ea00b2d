//! The figures that functions tell CloudWatch, and alarms ask for.

pub(crate) const NAMESPACE: &str = "Foldline";
/// The dimension: the name of the function.
pub(crate) const FUNCTION: &str = "FunctionName";
/// How many commits are dead letters of projections in the delivery table, those that wait behind another one included.
pub(crate) const DEAD_LETTERS: &str = "DeadLetters";
