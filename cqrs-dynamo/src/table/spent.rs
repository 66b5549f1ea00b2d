use super::Cost;

/// Work that was done, and its cost, to check in a test: see [`Dynamo::spent`](crate::Dynamo::spent).
///
/// A failure lists everything that was spent, and the requests by name:
///
/// ```text
/// expected 1 request, but there were 2 (Query, PutItem): 2 requests, 1 WCU, 1 RCU
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Spent<T> {
    /// The result of the work.
    pub output: T,
    /// The cost of the work.
    pub cost: Cost,
    /// The requests to the tables, in their order: `Query`, `PutItem`.
    pub names: Vec<String>,
}

impl<T> Spent<T> {
    /// Asserts the number of requests to the tables.
    ///
    /// # Panics
    /// If there were more or fewer.
    #[track_caller]
    pub fn requests(self, expected: u64) -> Self {
        let actual = self.cost.requests;
        let noun = if expected == 1 { "request" } else { "requests" };
        let names =
            if self.names.is_empty() { String::new() } else { format!(" ({})", self.names.join(", ")) };
        assert!(
            actual == expected,
            "expected {expected} {noun}, but there were {actual}{names}: {}",
            self.cost
        );
        self
    }

    /// Asserts the write capacity units: 1 per KB of a written item.
    ///
    /// # Panics
    /// If it took more or fewer.
    #[track_caller]
    pub fn wcu(self, expected: impl Into<f64>) -> Self {
        self.check_units("WCU", expected.into(), self.cost.write_units);
        self
    }

    /// Asserts the read capacity units: 1 per 4 KB that is read consistently.
    ///
    /// # Panics
    /// If it took more or fewer.
    #[track_caller]
    pub fn rcu(self, expected: impl Into<f64>) -> Self {
        self.check_units("RCU", expected.into(), self.cost.read_units);
        self
    }

    #[track_caller]
    fn check_units(&self, unit: &str, expected: f64, actual: f64) {
        // Capacity comes in halves, which are exact, and so is the difference of two sums of them.
        assert!(
            (expected - actual).abs() < 0.001,
            "expected {expected} {unit}, but it took {actual} ({}): {}",
            self.names.join(", "),
            self.cost
        );
    }
}
