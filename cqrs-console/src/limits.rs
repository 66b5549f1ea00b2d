use std::time::Duration;

/// The limits of the server for its clients. They can be set for tests; the defaults are meant for everyone.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The bytes of a body.
    pub body: usize,
    /// How long a body may take.
    pub body_time: Duration,
    /// How long the head of a request may take.
    pub head_time: Duration,
    /// How long an answer may take, except for those that change something.
    pub answer_time: Duration,
    /// How many connections there are at a time; further ones wait.
    pub connections: usize,
    /// How many clients follow the feed at a time.
    pub tails: usize,
    /// How long the feed is still read without a client, for a client that polls.
    pub tail_idle: Duration,
    /// How long a client that polls the feed waits for something.
    pub poll_time: Duration,
    /// How long connections may continue after the shutdown.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 64 * 1024,
            body_time: Duration::from_secs(10),
            head_time: Duration::from_secs(10),
            answer_time: Duration::from_secs(60),
            connections: 64,
            tails: 8,
            tail_idle: Duration::from_secs(30),
            poll_time: Duration::from_secs(1),
            grace: Duration::from_secs(5),
        }
    }
}
