use std::time::Duration;

use super::RetryPolicy;

/// The settings of an app. The defaults are meant for production.
///
/// ```
/// use std::time::Duration;
///
/// use cqrs_core::App;
/// use cqrs_core::app::RetryPolicy;
/// use cqrs_core::store::MemoryEventStore;
///
/// let app = App::builder(MemoryEventStore::new())
///     .settings(|settings| {
///         settings.cached_states = 0;
///         settings.conflict.attempts = 3;
///         settings.delivery =
///             RetryPolicy { attempts: 8, base: Duration::from_secs(1), cap: Duration::from_secs(60) };
///     })
///     .build()?;
/// # Ok::<(), cqrs_core::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// How many states of aggregates are kept in memory, and for how many streams the version of the last snapshot; 0 turns the
    /// caches off. Default 10,000.
    pub cached_states: u64,
    /// How many command ids a snapshot keeps, so that a command with an id is not executed again. Default 100.
    ///
    /// A repeated command is recognised if it made one of this many commits before the snapshot, or a later one; on a stream
    /// without a snapshot always. An older one is executed again. An id of 36 characters takes 37 bytes of a snapshot in the
    /// snapshot store: 100 of them and a small state are one read unit and four write units. A state in a commit keeps two bytes
    /// of each id's hash; the commit to which they point is then read.
    pub snapshot_command_ids: usize,
    /// The largest state that is stored in the item of a commit, in bytes as DynamoDB counts them, including about 300 for the
    /// command ids; a larger state goes into the snapshot store. 0 turns states in commits off: they are not written and not
    /// read. Default 4,096.
    ///
    /// Every sixth commit carries the state of an aggregate with `snapshot_every`, if that costs no write unit: if the item takes
    /// as many kilobytes without it. So the last six commits are enough for a load. If it would cost write units, a commit
    /// carries the state as often as `snapshot_every` says, and also when a command that had to read the stream would leave the
    /// last six commits without a state.
    pub state_in_commit_bytes: usize,
    /// How many of the views that this process wrote last are kept in memory, and as many fences, so that a projection writes
    /// again without a read; 0 turns the cache off. Default 10,000.
    pub cached_views: u64,
    /// How to retry a command after conflicts, and a stream of a replay that others write to: at once, with a wait after every
    /// fourth attempt. Default 40 times, with 9 waits of up to 2 seconds: about 2 seconds in all. A process that makes room
    /// for another one on a stream waits no longer than the cap.
    pub conflict: RetryPolicy,
    /// How a subscriber retries a commit before it becomes a dead letter; behind a broker, how often the subscribers of a queue
    /// may fail on it, over all processes. Default 5 times, up to 5 seconds apart.
    ///
    /// Its cap is also the longest pause of a stream whose handler or process meets a fault elsewhere; such tries are not counted.
    /// In one process, a wait that a handler asks for with `retry(…)` is cut to a minute, or to this cap if it is longer: the stream
    /// waits in memory meanwhile, and what is done behind it is done again after a restart.
    pub delivery: RetryPolicy,
    /// How long a handler may take for one event, unless it sets its own limit: `#[event_handler(X, timeout = "5m")]`. After that
    /// the attempt has failed, and the handler is stopped at an `.await`. Default 30 seconds.
    ///
    /// A handler that never awaits, because it computes or blocks its thread, cannot be stopped.
    pub handler_timeout: Duration,
    /// How long a run that is told to stop may finish what it holds; then it leaves the rest to the next run. Default 20 seconds.
    pub grace: Duration,
    /// How long a handler with `once` may take for one event; then another run may claim it. Default 1 minute: more than
    /// [`handler_timeout`](Self::handler_timeout), which stops a run earlier. A handler with a longer `timeout` of its own has at
    /// least 30 seconds more than that.
    ///
    /// After a crash of its handler an event waits this long, so set it to little more than the longest run. The clock of the run
    /// that claims an event decides whether the lease of another one has run out. So the clocks of all processes must agree to much
    /// less than a lease: one that is ahead by more than that claims an event that is still being handled.
    pub inbox_lease: Duration,
    /// The least time for which the inbox remembers what a handler with `once` has done. Default 14 days: SQS keeps no message
    /// longer (Amazon SQS Developer Guide, "Message quotas").
    pub inbox_kept: Duration,
    /// How long a message waits in the queue of a broker for a newer program, if this one does not know its event or its schema;
    /// then it becomes a dead letter. Default 1 day: longer than a deployment and its rollback.
    pub unknown_kept: Duration,
    /// Whether projections trust the commits in a broker's messages. Default no: they read them from the store, with one more
    /// request for the commits of a stream that arrive together, and 1 read unit per 4 KB. So nothing gets into a view that is
    /// not in the store: no forged message, no message of another table, no commit that a restore has taken back.
    ///
    /// In one process the commits come from the store itself, and are not read again.
    pub trusted_messages: bool,
    /// How far in the future a time given with `.at(…)` may be; a later one is treated as a mistake. Default 1 day, which
    /// tolerates a wrong time zone and wrong clocks.
    pub furthest_ahead: Duration,
    /// How long a read of a view across aggregates waits for its own views if those of another release cannot be read, and how
    /// long a read with a token waits for its commit, unless it sets its own limit:
    /// [`ReadViewAtLeast::within`](crate::app::ReadViewAtLeast::within). Default 5 seconds.
    pub read_wait: Duration,
    /// The longest pause between two reads of such a wait, if another process may write the view: the pauses begin with a
    /// fiftieth of it, and double. Default 500 milliseconds.
    pub read_poll: Duration,
    /// Whether a keyed projection whose fold has changed is rebuilt as soon as a program delivers to it. Default yes. Otherwise
    /// [`App::replay`](crate::App::replay) rebuilds it, and readers have the views of the previous release until then.
    pub rebuild: bool,
    /// How often a program that delivers signals to other releases that it is running, and looks for their signals; a reader
    /// looks twice as often. A release without a signal for five times as long no longer gets commits, and its views are rebuilt
    /// if it comes back. Default 15 seconds; not less than the time that a worker waits for messages. It matters only for keyed
    /// projections.
    pub release_poll: Duration,
    /// How long the views of a previous release are kept after its last program is gone, for keyed projections: a rollback finds
    /// them. Default 1 day.
    pub release_kept: Duration,
    /// How long `run` waits before it reads an empty feed again. Default 250 milliseconds.
    pub poll: Duration,
    /// How often `run` and a worker look for timers that are due. Default 5 seconds.
    pub timer_poll: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cached_states: 10_000,
            snapshot_command_ids: 100,
            state_in_commit_bytes: 4096,
            cached_views: 10_000,
            conflict: RetryPolicy {
                attempts: 40,
                base: Duration::from_millis(10),
                cap: Duration::from_secs(2),
            },
            delivery: RetryPolicy {
                attempts: 5,
                base: Duration::from_millis(100),
                cap: Duration::from_secs(5),
            },
            handler_timeout: Duration::from_secs(30),
            grace: Duration::from_secs(20),
            inbox_lease: Duration::from_secs(60),
            inbox_kept: Duration::from_secs(14 * 24 * 60 * 60),
            unknown_kept: Duration::from_hours(24),
            trusted_messages: false,
            furthest_ahead: Duration::from_hours(24),
            read_wait: Duration::from_secs(5),
            read_poll: Duration::from_millis(500),
            rebuild: true,
            release_poll: Duration::from_secs(15),
            release_kept: Duration::from_hours(24),
            poll: Duration::from_millis(250),
            timer_poll: Duration::from_secs(5),
        }
    }
}
