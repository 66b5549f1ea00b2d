//! The infrastructure of an app, from its wiring: a CloudFormation template (with the SAM transform) of tables, topic,
//! queues, functions, permissions and alarms.
//!
//! [`Template::of`] takes the result of [`App::wiring`](cqrs_core::App::wiring). So a handler that is linked has its
//! queue, and an event that is renamed has its filter. Print the template from a program of your own, and deploy it:
//!
//! ```
//! use cqrs_core::{App, store::MemoryEventStore};
//! use cqrs_dynamo::template::Template;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = App::builder(MemoryEventStore::new()).build()?;
//! let template = Template::of(app.wiring()).prefix("shop-prod-").to_json()?;
//! # assert!(template.contains("shop-prod-events"));
//! println!("{template}");
//! # Ok(())
//! # }
//! ```
//!
//! ```console
//! $ cargo lambda build --release --arm64
//! $ cargo run --bin infrastructure > template.json
//! $ sam deploy --template-file template.json --stack-name shop-prod --resolve-s3 --capabilities CAPABILITY_IAM
//! ```
//!
//! | what | how many | remarks |
//! | --- | --- | --- |
//! | tables | 4; one more for unique values and one for timers, if the program has them | on demand, or [provisioned](Template::provisioned_tables); point-in-time recovery; the events table has a stream, and is kept when the stack is deleted |
//! | topic | 1 | encrypted; only the relay may publish |
//! | queue, dead-letter queue, subscription | 1 each per queue of the wiring | the subscription filters on the types of the events; the queues are kept when they leave the stack |
//! | functions | commands, relay, and one subscriber per queue; one for all projections, [if requested](Template::projections); one for [timers](Template::timers), if the program has commands that can wait | each with its own role and log group; the one for commands [behind HTTP](Template::http), if requested |
//! | exports | a bucket, a schedule and its role, [if requested](Template::exports) | the bucket is kept when the stack is deleted |
//! | alarms | 2 per queue, 3 for the relay, 3 for the projections from the stream, 2 for timers, 2 for [HTTP](Template::http) | on dead letters, on [lag](Template::max_lag), on records that the relay lost, on requests that failed; notify `AlarmTopicArn`, if that parameter is given |
//!
//! # The order of a deployment
//!
//! Subscribers come first and commands last. The relay and the function for commands depend on the subscriptions,
//! functions and event sources of all queues. The functions of queues with handlers, which may execute commands, depend
//! on all subscriptions and on the queues that only project. Anything that you add and that executes commands needs
//! `"DependsOn": ["CommandsFunction"]`. A function for timers is ordered like the one for commands, and comes before
//! it, because it knows every command that is scheduled. CloudFormation makes and updates a resource after those that
//! it depends on. So no function writes an event of the new version before the functions that take it are updated.
//!
//! This does not order:
//!
//! * Handlers among each other, because their commands may form a cycle. An event that comes before its handler's new
//!   version waits in the queue ([`Settings::unknown_kept`](cqrs_core::app::Settings::unknown_kept)).
//! * Invocations that are already running. Those of the earlier version run to their end, and Lambda may use that
//!   version for some more seconds.
//! * The filter of a subscription. SNS may take 15 minutes until it sends events of a type that was added. A handler
//!   misses what is published in between; views get it with the next commit of the stream. If a handler must not miss
//!   anything, deploy it with its filter first, and the commands 15 minutes later.
//! * A rollback. CloudFormation goes through the same order, so subscribers become old first. Events that they do not
//!   know wait for [`Settings::unknown_kept`](cqrs_core::app::Settings::unknown_kept).
//! * Other stacks, and programs that are not part of this one.
//!
//! # What a function may do
//!
//! Each function has a role with exactly the rights that it needs. By conditions on the partition keys
//! (`dynamodb:LeadingKeys`), a projection's function reaches only its own views in the views table, and each function
//! reaches only the items of its queue and its subscribers in the delivery table. In the events and snapshots tables
//! there is no such condition: a function that may append may append to every stream. A queue that a handler shares
//! with a projection may read all views, as every handler may. A function that may append may also check conditions
//! there (`dynamodb:ConditionCheckItem`), for the streams that a transaction only reads.
//!
//! Only projections write views. A reader that meets a view of another shape or fold tries to put its own fold in
//! place, but the roles of the commands and of handlers do not allow that. The reader has its answer in any case, and
//! the next reader folds the view anew. This takes a `GetItem`, a `Query` of the stream and a refused `PutItem` for
//! each read, until the next commit of the stream or a [replay](cqrs_core::replay) of the projection writes the view.
//! So if old views of a projection are read a lot after its fold has changed, replay it; or add `dynamodb:PutItem` on
//! the views table to the role of the function that reads them.
//!
//! # Indexes
//!
//! The views table has as many global secondary indexes as the largest number that a projection declares; projections
//! share them. CloudFormation makes or deletes **one index per update of a stack**, and fills it in the meantime. A new
//! stack gets all at once.
//!
//! * One more index: deploy. The table is updated before the roles and the functions, so the new version runs when its
//!   index is there.
//! * Several more: [`next_step`] takes the deployed template and returns what to deploy next, until nothing is left.
//!   [`check_step`] says before a deployment whether CloudFormation would refuse it. With [`Template::indexes`] you do
//!   it by hand.
//! * Fewer: the functions of the old version may still read an index while it is deleted. Deploy the new version with
//!   [`Template::indexes`] at the old number first, and then without.
//!
//! The page of the book about indexes, `docs/book/src/indexes.md`, has the rest, also of views that were written before an index was declared.
//!
//! # Projections from the stream
//!
//! With [`Template::projections`], one function feeds all projections from the stream of the events table. They have no
//! queues then. Queues are for handlers, and if there are none, there is no topic and no relay either. The code of the
//! projections and their promises stay the same. `docs/benchmarks.md` has the bill of both ways. The differences:
//!
//! * Dead letters of projections are in the delivery table: [`App::dead_letters`](cqrs_core::App::dead_letters) lists,
//!   redrives and discards them. An alarm reports them, by a metric that the function writes into its log (about 0.30
//!   USD a month).
//! * A store that is down holds up all projections of a shard, not only one queue. So does a release that has yet to
//!   take a commit into its views. After a deployment with another fold of a view across aggregates, that is up to 75
//!   seconds.
//! * A batch takes as long as its slowest projection.
//! * If there are handlers, two functions read each shard, and DynamoDB Streams supports no more. Any other reader of
//!   the stream, such as `App::projections` without a backlog, throttles them.
//! * All projections share one role, and the memory of one function. Their lag is shown by the alarm on the function's
//!   `IteratorAge`. `App::projections` does not know it, because Lambda keeps the position.
//!
//! A stack may change from one way to the other. The function begins with what the stream has, a day of it, and skips
//! what the views have already. So let the queues run empty of older messages, or replay the projections. The queues
//! that are [left behind](self#queues-that-are-left-behind) may be removed then.
//!
//! # Queues that are left behind
//!
//! A queue that the wiring no longer has leaves the stack, but stays in the account with its messages and its dead
//! letters. Its subscription and its function are deleted. `Broker::orphans` lists the queue, hands it over to another
//! one, or removes it. The same holds for all queues when the stack is deleted. **CloudFormation does not make a queue
//! whose name is taken**, so a version that has the queue again cannot be deployed as long as the queue is there. Name
//! it by [`Template::retired`] in the version that drops it, and the stack keeps it: a rollback finds it with its
//! messages. When a rollback is no longer possible, drop it from there, and remove it by `OrphanedQueue::remove`.
//!
//! # Names
//!
//! Only resources that a program looks up by name have one: tables, topic, queues and their dead letters
//! (`{prefix}events`, `{prefix}{queue}`, `{prefix}{queue}-dlq`, with `.fifo` at the end of the last three if they are
//! FIFO). The functions find the rest in their environment:
//!
//! | variable | in | value |
//! | --- | --- | --- |
//! | [`PREFIX`] | all | the prefix of the names of tables, topic and queues |
//! | [`TOPIC_ARN`] | relay | the topic |
//! | [`QUEUE`] | subscribers | the queue by its name in the wiring, for [`App::consumer`](cqrs_core::App::consumer) |
//! | [`DEAD_LETTERS_URL`] | subscribers | the queue's dead-letter queue |

mod alarm;
mod capacity;
mod exports;
mod fault;
mod function;
mod http;
mod intrinsic;
mod leading_keys;
mod policy;
mod projections;
mod queue;
mod render;
mod step;
mod tables;
mod topic;

pub use crate::names::variable::{DEAD_LETTERS_URL, PREFIX, QUEUE, TOPIC_ARN};
pub use capacity::Capacity;
pub use fault::{TemplateError, TemplateFault};
pub use http::Http;
pub use step::{Step, check_step, next_step};

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cqrs_core::app::Wiring;
use serde_json::{Map, Value};

use crate::names::Names;
use crate::topology::MAX_RECEIVES;

const TIMEOUT: Duration = Duration::from_secs(30);
const CONCURRENCY: u32 = 10;
const MAX_LAG: Duration = Duration::from_mins(5);

/// Logical ids, and the resources that they name.
type Section = Map<String, Value>;

/// A template before it is rendered. See the [module](self).
#[derive(Debug, Clone)]
pub struct Template {
    wiring: Wiring,
    names: Names,
    code: String,
    binaries: Binaries,
    timeout: Duration,
    receives: u32,
    scaling: Scaling,
    max_lag: Duration,
    max_message_bytes: Option<u32>,
    retired: BTreeMap<String, BTreeSet<String>>,
    indexes: usize,
    /// Whether a linked aggregate has unique fields.
    reservations: bool,
    /// Whether the program has commands that can wait for their time.
    timers: bool,
    /// The binary that feeds all projections from the stream, if there is one.
    projections: Option<String>,
    /// The capacity of each table, if the tables are not on demand.
    capacity: Option<Capacity>,
    /// When the events table is exported, if it is.
    exports: Option<String>,
    /// What calls the function for commands.
    http: Option<Http>,
}

/// How the functions of the queues scale.
#[derive(Debug, Clone, Copy)]
enum Scaling {
    /// By need, up to this number of instances.
    OnDemand { concurrency: u32 },
    /// By pollers that run all the time, and more by need.
    Provisioned { least: u32, most: u32 },
}

/// The names of the programs, as in `[[bin]]`.
#[derive(Debug, Clone)]
struct Binaries {
    commands: String,
    relay: String,
    subscriber: String,
    timers: String,
}

impl Template {
    /// The infrastructure for a wiring.
    #[must_use]
    pub fn of(wiring: &Wiring) -> Self {
        Self {
            wiring: wiring.clone(),
            names: Names::default(),
            code: "target/lambda".to_owned(),
            binaries: Binaries {
                commands: "commands".to_owned(),
                relay: "relay".to_owned(),
                subscriber: "subscriber".to_owned(),
                timers: "timers".to_owned(),
            },
            timeout: TIMEOUT,
            receives: MAX_RECEIVES,
            scaling: Scaling::OnDemand { concurrency: CONCURRENCY },
            max_lag: MAX_LAG,
            max_message_bytes: None,
            retired: BTreeMap::new(),
            reservations: cqrs_core::spi::has_unique_fields(),
            timers: cqrs_core::spi::has_timers(),
            indexes: wiring.subscribers.iter().map(|subscriber| subscriber.indexes).max().unwrap_or_default(),
            projections: None,
            capacity: None,
            exports: None,
            http: None,
        }
    }

    /// The prefix of all names, as in [`Tables::with_prefix`](crate::Tables::with_prefix). Default: none.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.names.prefix = prefix.into();
        self
    }

    /// Makes a FIFO topic and FIFO queues, which keep the order within a stream. The default is standard ones: views
    /// restore the order themselves, and standard queues cost less.
    #[must_use]
    pub fn fifo(mut self, fifo: bool) -> Self {
        self.names.fifo = fifo;
        self
    }

    /// The folder with a folder per binary, relative to the template. Default `target/lambda`, where
    /// `cargo lambda build` puts them.
    #[must_use]
    pub fn code(mut self, folder: impl Into<String>) -> Self {
        self.code = folder.into();
        self
    }

    /// The binary that executes commands. Default `commands`.
    #[must_use]
    pub fn commands(mut self, binary: impl Into<String>) -> Self {
        self.binaries.commands = binary.into();
        self
    }

    /// Serves the function for commands by HTTP. Its binary is then the router of `cqrs_http`, run by
    /// `cqrs_http::lambda::run`. The output `HttpUrl` has its address. Default: you add what calls the function.
    ///
    /// The rights of the function are the same as without this: append, read views and their indexes, reserve unique
    /// values, schedule.
    ///
    /// ```
    /// # use cqrs_core::{App, store::MemoryEventStore};
    /// # use cqrs_dynamo::template::Template;
    /// use cqrs_dynamo::template::Http;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).build()?;
    /// let template = Template::of(app.wiring()).commands("bank-function").http(Http::Api).to_json()?;
    /// # assert!(template.contains("HttpApi"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn http(mut self, by: Http) -> Self {
        self.http = Some(by);
        self
    }

    /// The binary that takes records from the stream to the topic. Default `relay`.
    #[must_use]
    pub fn relay(mut self, binary: impl Into<String>) -> Self {
        self.binaries.relay = binary.into();
        self
    }

    /// The binary that runs the subscribers of the queue in its environment. Default `subscriber`.
    #[must_use]
    pub fn subscriber(mut self, binary: impl Into<String>) -> Self {
        self.binaries.subscriber = binary.into();
        self
    }

    /// The binary that executes the commands that are due: a [`TimersFunction`](crate::lambda::TimersFunction), which
    /// EventBridge calls once a minute. Default `timers`. A program without commands that can wait needs no such
    /// binary, and its template has no such function.
    #[must_use]
    pub fn timers(mut self, binary: impl Into<String>) -> Self {
        self.binaries.timers = binary.into();
        self
    }

    /// Feeds all projections straight from the stream of the events table, by one function with this binary: a
    /// [`ProjectionsFunction`](crate::lambda::ProjectionsFunction). Default: each projection has its queue. See
    /// [Projections from the stream](self#projections-from-the-stream).
    ///
    /// A projection whose `queue = "…"` is also that of a handler is a fault ([`TemplateFault::SharedQueue`]): the
    /// function of that queue would take commits to the projection, too. Remove the `queue` from the projection; it
    /// needs none.
    ///
    /// ```
    /// # use cqrs_core::{App, store::MemoryEventStore};
    /// # use cqrs_dynamo::template::Template;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).build()?;
    /// let template = Template::of(app.wiring()).projections("projections").to_json()?;
    /// # assert!(!template.contains("AWS::SNS::Topic"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn projections(mut self, binary: impl Into<String>) -> Self {
        self.projections = Some(binary.into());
        self
    }

    /// How long a subscriber may work on a batch. A fraction of a second counts as a whole one. Default 30 seconds.
    /// Messages that a function did not finish are received again after six times that.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often SQS delivers a message before it moves it to the dead letters itself. Default 1,000, the most that it
    /// takes.
    ///
    /// A consumer that has used up the attempts of the app's [`Settings`](cqrs_core::app::Settings) says why, and holds
    /// later commits of the stream back, which SQS does not. SQS is there for a message that kills every function that takes
    /// it. A receive counts as well when nothing was found against a commit: a store is down, or it waits behind another
    /// one. With less than the default, a long outage makes dead letters. A handler with `retry(attempts = …)` needs more receives
    /// than attempts.
    #[must_use]
    pub fn receives(mut self, receives: u32) -> Self {
        self.receives = receives;
        self
    }

    /// How many instances of its function a queue may keep busy at once. Default 10, so that a backlog does not take
    /// the account's concurrency that its commands need. Replaces [`Template::provisioned_pollers`].
    #[must_use]
    pub fn concurrency(mut self, instances: u32) -> Self {
        self.scaling = Scaling::OnDemand { concurrency: instances };
        self
    }

    /// Provisioned mode: `least` pollers read each queue all the time, and up to `most` if there is a backlog. They
    /// scale faster than Lambda does by itself, and cost something while they wait. `least` is 2 to 200, `most` 2 to
    /// 10,000.
    ///
    /// Lambda takes either this or a limit on the instances, so it replaces [`Template::concurrency`].
    #[must_use]
    pub fn provisioned_pollers(mut self, least: u32, most: u32) -> Self {
        self.scaling = Scaling::Provisioned { least, most };
        self
    }

    /// Provisioned tables: each table, and each index of the views, has a capacity that is paid by the hour, used or
    /// not. It begins with the least, and Application Auto Scaling keeps it at a level of which 70 % is used. Default:
    /// on demand, where each read and write is paid.
    ///
    /// Whether it is cheaper depends on how much of it is used. With $0.00065 an hour for a write unit and $0.00013 for
    /// a read unit, it is cheaper **from 29 % on**: a million writes cost $0.18 if all of it is used, and $0.26 at 70
    /// %, against $0.625 on demand. Compare these prices with Amazon's list for the region
    /// (<https://aws.amazon.com/dynamodb/pricing/provisioned/>). So it is for a load that is steady day and night.
    /// The minimum is paid for each table and each index, so it is the load of a quiet hour. Scaling takes some
    /// minutes. A peak that is shorter and higher is throttled; commands then fail and views are late. Scaling makes
    /// alarms for each table and each index, which are billed as CloudWatch alarms.
    ///
    /// All tables and indexes have the same range and each scales separately, because none of them is certain to have
    /// less load: the delivery table is written for each event of a handler with an inbox, and an index with each of
    /// its views. To give one of them another range, change the result of [`Template::render`].
    ///
    /// A stack may change from one to the other without an interruption. DynamoDB changes from provisioned to on demand
    /// four times in 24 hours. A deployment that changes the minimum starts from it again, and scales from there.
    ///
    /// ```
    /// # use cqrs_core::{App, store::MemoryEventStore};
    /// # use cqrs_dynamo::template::Template;
    /// use cqrs_dynamo::template::Capacity;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).build()?;
    /// let capacity = Capacity { reads: 20..=1_000, writes: 10..=500 };
    /// let template = Template::of(app.wiring()).provisioned_tables(capacity).to_json()?;
    /// # assert!(template.contains("DynamoDBWriteCapacityUtilization"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn provisioned_tables(mut self, capacity: Capacity) -> Self {
        self.capacity = Some(capacity);
        self
    }

    /// Exports the whole events table into a bucket of the stack, by a schedule of EventBridge Scheduler:
    /// `rate(1 day)`, `cron(0 3 * * ? *)` in UTC. Default: no export, and no bucket.
    ///
    /// DynamoDB makes the export from the table's point-in-time recovery, without a read unit and without a function:
    /// all items at the moment when it began, as compressed DynamoDB JSON. It is charged by the size of the table. An
    /// item is one commit ([`cqrs_core::store::record`]). `cqrs_export` makes typed files of each event instead, and
    /// reads the table for it.
    ///
    /// The bucket is encrypted, private, and kept when the stack is deleted. Nothing in it expires. It holds the data
    /// of the events, including personal data.
    #[must_use]
    pub fn exports(mut self, schedule: impl Into<String>) -> Self {
        self.exports = Some(schedule.into());
        self
    }

    /// How late views and handlers may be before there is an alarm: 1 second to 1 day. A fraction of a second counts as
    /// a whole one. Default 5 minutes.
    ///
    /// There is an alarm for each queue, on the age of its oldest message, when this is exceeded for 3 minutes in a
    /// row; and one for the relay, on the age of the records that it takes, for 5 minutes in a row. The alarm of the
    /// function for timers reports when more than half of its calls within this time failed. A queue whose subscriber
    /// has long work may need more. A [retired](Template::retired) queue has no such alarm, because nothing reads it.
    /// [`App::projections`](cqrs_core::App::projections) shows how far each projection is.
    #[must_use]
    pub fn max_lag(mut self, lag: Duration) -> Self {
        self.max_lag = lag;
        self
    }

    /// The largest message that the topic takes, in bytes: 1,024 to 1,048,576. Default: the default of SNS, 262,144.
    /// See [`Broker::max_message_bytes`](crate::Broker::max_message_bytes).
    #[must_use]
    pub fn max_message_bytes(mut self, bytes: u32) -> Self {
        self.max_message_bytes = Some(bytes);
        self
    }

    /// Keeps a queue that the wiring no longer has in the stack, with its dead letters, because a rollback may need it
    /// or because it has not been handed over yet. Nothing reads it.
    ///
    /// The queue continues to take events of these stored types; if there are none, it takes nothing. With the types
    /// that its subscribers listened to, a subscriber that comes back by a rollback finds what has happened in the
    /// meantime, up to 14 days of it. For a handler that was renamed, give no types: its new queue gets them. If the
    /// wiring has the queue, this does nothing.
    ///
    /// ```
    /// # use cqrs_core::{App, store::MemoryEventStore};
    /// # use cqrs_dynamo::template::Template;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).build()?;
    /// let template = Template::of(app.wiring()).retired("mailer", ["OrderShipped"]).retired("clerk", []);
    /// # assert!(template.to_json()?.contains("mailer-dlq"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn retired<'a>(
        mut self,
        queue: impl Into<String>,
        events: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        self.retired.insert(queue.into(), events.into_iter().map(str::to_owned).collect());
        self
    }

    /// How many indexes the views table has: 0 to 20. Default: the largest number that a projection declares.
    ///
    /// CloudFormation makes or deletes one index per update of a stack. For an existing stack, deploy once for each
    /// index, with one more each time, or let [`next_step`] return what to deploy. A number above what the projections
    /// declare keeps indexes that another version of the program still reads. See [Indexes](self#indexes).
    #[must_use]
    pub fn indexes(mut self, count: usize) -> Self {
        self.indexes = count;
        self
    }

    fn timeout_seconds(&self) -> u64 {
        whole_seconds(self.timeout)
    }

    fn lag_seconds(&self) -> u64 {
        whole_seconds(self.max_lag)
    }
}

/// Rounded up: one second too many is better than one too few.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0))
}
