//! AWS prices, in dollars per million, in us-east-1.

/// Write and read request units of a table in on-demand mode of the standard class.
const WRITE: f64 = 0.625;
const READ: f64 = 0.125;
/// Requests to a standard topic, and to a standard queue, of up to 64 KB each.
const PUBLISH: f64 = 0.50;
const QUEUE: f64 = 0.40;
/// Invocations of a function, and seconds of a GB of its memory on Arm.
const INVOCATION: f64 = 0.20;
const GB_SECOND: f64 = 13.3334;
/// State transitions of a standard workflow of Step Functions.
const TRANSITION: f64 = 25.0;

/// The memory that the template gives a function.
const GB: f64 = 0.25;

pub(crate) const SOURCES: &str = "Dollars are list prices in us-east-1, without free tiers: $0.625 and $0.125 per million write \
and read request units (<https://aws.amazon.com/dynamodb/pricing/on-demand/>; the reads of a stream by Lambda are free); $0.50 \
per million publishes to a standard topic (<https://aws.amazon.com/sns/pricing/>; deliveries to SQS are free, and are not taken for \
requests of SQS here); $0.40 per million requests to a standard queue (<https://aws.amazon.com/sqs/pricing/>); $0.20 per million \
invocations and $0.0000133334 per GB and second of functions on Arm (<https://aws.amazon.com/lambda/pricing/>); $25 per million \
state transitions (<https://aws.amazon.com/step-functions/pricing/>).";

/// What one command takes; a fraction of each request that several commands share.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) write_units: f64,
    pub(crate) read_units: f64,
    pub(crate) publishes: f64,
    pub(crate) queue_requests: f64,
    pub(crate) invocations: f64,
    /// The run time of functions, in milliseconds.
    pub(crate) milliseconds: f64,
    pub(crate) transitions: f64,
}

impl Usage {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            write_units: self.write_units + other.write_units,
            read_units: self.read_units + other.read_units,
            publishes: self.publishes + other.publishes,
            queue_requests: self.queue_requests + other.queue_requests,
            invocations: self.invocations + other.invocations,
            milliseconds: self.milliseconds + other.milliseconds,
            transitions: self.transitions + other.transitions,
        }
    }

    pub(crate) fn database(&self) -> f64 {
        self.write_units * WRITE + self.read_units * READ
    }

    pub(crate) fn messages(&self) -> f64 {
        self.publishes * PUBLISH + self.queue_requests * QUEUE
    }

    pub(crate) fn functions(&self) -> f64 {
        self.invocations * INVOCATION + self.milliseconds / 1_000.0 * GB * GB_SECOND
    }

    /// The cost of a million such commands.
    pub(crate) fn dollars(&self) -> f64 {
        self.database() + self.messages() + self.functions() + self.transitions * TRANSITION
    }
}
