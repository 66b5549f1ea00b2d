//! Faults of a template that AWS would refuse, found before it is asked.

use std::fmt;

use cqrs_core::view::MAX_INDEXES;

use super::capacity::MAX_UNITS;
use super::render::Parts;
use super::{Capacity, Scaling, Section, Template};
use crate::names::Tables;
use crate::names::limit::{self, TABLE_CHARACTERS};
use crate::topology::{BrokerFault, MAX_RECEIVES};

/// The longest timeout, in seconds (AWS Lambda Developer Guide, "Lambda quotas").
const MAX_TIMEOUT: u64 = 900;
/// AWS Lambda API Reference, `ScalingConfig`.
const CONCURRENCY: (u64, u64) = (2, 1000);
/// AWS Lambda API Reference, `ProvisionedPollerConfig`, for SQS.
const MIN_POLLERS: (u64, u64) = (2, 200);
const MAX_POLLERS: (u64, u64) = (2, 10_000);
/// The longest lag, in seconds. The stream keeps its records for a day, so no record is older.
const MAX_LAG: u64 = 24 * 60 * 60;
/// The most resources per template (AWS CloudFormation User Guide, "Understand CloudFormation quotas").
const MAX_RESOURCES: usize = 500;

/// All faults that prevent a template from being rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The faults: at least one.
    pub faults: Vec<TemplateFault>,
}

/// One fault that prevents a template from being rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateFault {
    /// A name that SNS or SQS would refuse.
    #[error(transparent)]
    Broker(#[from] BrokerFault),
    /// A table's name that is too long.
    #[error(
        "table `{name}` has {length} characters in its name, and {TABLE_CHARACTERS} are allowed; shorten the prefix"
    )]
    Table {
        /// The name with its prefix.
        name: String,
        /// Its length.
        length: usize,
    },
    /// A setting out of its range.
    #[error("`{setting}` is {value}; AWS takes {least} to {most}")]
    Range {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: u64,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// A capacity that a table cannot have.
    #[error(
        "`provisioned_tables` has {least} to {most} for `{units}`; a table takes 1 to {MAX_UNITS}, the least first. Leave \
         `provisioned_tables` out, and the tables need no figures; where your account has a higher quota, change them in what \
         `Template::render` gives"
    )]
    Capacity {
        /// `reads` or `writes`.
        units: &'static str,
        /// The least.
        least: u32,
        /// The most.
        most: u32,
    },
    /// A lag that no alarm would report.
    #[error(
        "`max_lag` is {seconds} seconds; an alarm can report 1 to {MAX_LAG}, because the stream of the events table keeps its \
         records for a day"
    )]
    Lag {
        /// Its value.
        seconds: u64,
    },
    /// A schedule of exports that is not a schedule.
    #[error("`exports` is `{schedule}`; a schedule is `rate(1 day)` or `cron(0 3 * * ? *)`")]
    Schedule {
        /// Its text.
        schedule: String,
    },
    /// A projection that is fed from the stream shares a queue with a handler. The function of the queue would also
    /// take the commits of the queue to the projection, but may not write its views.
    #[error(
        "queue `{queue}` of handler `{handler}` is that of projection `{projection}` as well, which \
         `Template::projections` feeds from the stream; remove `queue = \"{queue}\"` from the projection"
    )]
    SharedQueue {
        /// The queue.
        queue: String,
        /// The handler; the first one, if there are several.
        handler: String,
        /// The projection.
        projection: String,
    },
    /// A handler wants more attempts than SQS gives its messages, so that SQS itself would put them away, without a reason.
    #[error(
        "handler `{handler}` has `retry(attempts = {attempts})`, and SQS moves a message to the dead letters after {receives} receives, \
         without a reason; give `Template::receives` more than {attempts}"
    )]
    Attempts {
        /// The handler.
        handler: String,
        /// How often it is tried.
        attempts: u32,
        /// The setting.
        receives: u32,
    },
    /// The value given as the deployed template is not a template.
    #[error(
        "the deployed template has no `Resources`; give it as JSON, as `aws cloudformation get-template --stack-name … \
         --template-stage Processed --query TemplateBody` prints it"
    )]
    Deployed,
    /// More indexes than CloudFormation makes or deletes in one update.
    #[error(
        "an update of the stack would make {} and delete {}, and CloudFormation does one of these in an update; deploy \
         what `template::next_step` gives, until nothing is left", list(.made), list(.deleted)
    )]
    Steps {
        /// The names of the indexes to make.
        made: Vec<String>,
        /// The names of the indexes to delete.
        deleted: Vec<String>,
    },
    /// In one update, the views table changes to or from provisioned, or to another throughput, and also gains or loses
    /// an index.
    #[error(
        "an update of the stack would change both the billing mode or the throughput of the views table and its indexes, and DynamoDB does one of these \
         at a time; deploy what `template::next_step` gives, until nothing is left"
    )]
    Billing,
    /// More resources than fit into one stack.
    #[error(
        "{queues} queues take {resources} resources, and a stack has at most {MAX_RESOURCES}; let subscribers share \
         queues with `queue = \"…\"`, or give `Template::of` a part of the wiring"
    )]
    Resources {
        /// How many queues.
        queues: usize,
        /// How many resources.
        resources: usize,
    },
}

/// Names for a message.
fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "no index".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

pub(super) fn faults(template: &Template, parts: &Parts<'_>) -> Vec<TemplateFault> {
    let Template { names, receives, scaling, max_message_bytes, .. } = template;
    let queued = parts.queues.iter().flat_map(|queue| queue.subscribers.iter().copied());
    let mut faults: Vec<_> =
        BrokerFault::all(names, queued, *max_message_bytes).into_iter().map(TemplateFault::from).collect();
    faults.extend(
        parts
            .retired
            .iter()
            .flat_map(|queue| BrokerFault::of_queue(names, queue.name).into_iter().map(TemplateFault::from)),
    );
    faults.extend(shared_queues(parts));
    let tried = parts.queues.iter().flat_map(|queue| &queue.subscribers);
    faults.extend(tried.filter_map(|subscriber| {
        let attempts = subscriber.attempts.filter(|attempts| attempts >= receives)?;
        Some(TemplateFault::Attempts { handler: subscriber.name.to_owned(), attempts, receives: *receives })
    }));
    let Tables { events, views, snapshots, delivery, reservations, timers } = names.tables();
    let further = [(template.reservations, reservations), (template.timers, timers)];
    let further = further.into_iter().filter_map(|(needed, name)| needed.then_some(name));
    for name in [events, views, delivery, snapshots].into_iter().chain(further) {
        if let Some(length) = limit::excess(&name, TABLE_CHARACTERS) {
            faults.push(TemplateFault::Table { name, length });
        }
    }
    let mut ranges = vec![
        ("timeout", template.timeout_seconds(), (1, MAX_TIMEOUT)),
        ("receives", u64::from(*receives), (1, MAX_RECEIVES.into())),
        ("indexes", template.indexes as u64, (0, MAX_INDEXES as u64)),
    ];
    match *scaling {
        Scaling::OnDemand { concurrency } => ranges.push(("concurrency", concurrency.into(), CONCURRENCY)),
        Scaling::Provisioned { least, most } => {
            let (lowest, highest) = MAX_POLLERS;
            ranges.push(("provisioned_pollers least", least.into(), MIN_POLLERS));
            ranges.push(("provisioned_pollers most", most.into(), (lowest.max(least.into()), highest)));
        }
    }
    let outside = ranges.into_iter().filter(|(_, value, (least, most))| !(*least..=*most).contains(value));
    faults.extend(outside.map(|(setting, value, (least, most))| TemplateFault::Range {
        setting,
        value,
        least,
        most,
    }));
    for (units, _, range) in template.capacity.iter().flat_map(Capacity::units) {
        let (least, most) = (*range.start(), *range.end());
        if least < 1 || most > MAX_UNITS || least > most {
            faults.push(TemplateFault::Capacity { units, least, most });
        }
    }
    faults.extend(
        template
            .exports
            .iter()
            .filter(|schedule| !is_schedule(schedule))
            .map(|schedule| TemplateFault::Schedule { schedule: schedule.clone() }),
    );
    let seconds = template.lag_seconds();
    if !(1..=MAX_LAG).contains(&seconds) {
        faults.push(TemplateFault::Lag { seconds });
    }
    faults
}

/// Whether EventBridge Scheduler could take the text as a recurring schedule. It checks the rest itself.
fn is_schedule(text: &str) -> bool {
    text.ends_with(')') && (text.starts_with("rate(") || text.starts_with("cron("))
}

/// The projections that are fed from the stream and would also be fed from a queue: the program of the queue takes all
/// subscribers that name the queue.
fn shared_queues<'a>(parts: &'a Parts<'_>) -> impl Iterator<Item = TemplateFault> + 'a {
    let fed = parts.projections.iter().flat_map(|projections| &projections.subscribers);
    fed.filter_map(|projection| {
        let queue = parts.queues.iter().find(|queue| queue.name == projection.queue)?;
        let handler = queue.subscribers.first()?;
        Some(TemplateFault::SharedQueue {
            queue: queue.name.to_owned(),
            handler: handler.name.to_owned(),
            projection: projection.name.to_owned(),
        })
    })
}

/// The template has more than a stack takes.
pub(super) fn too_many(resources: &Section, parts: &Parts<'_>, template: &Template) -> Option<TemplateFault> {
    let (resources, queues) = (resources.len() + parts.sources(template), parts.queues.len());
    (resources > MAX_RESOURCES).then_some(TemplateFault::Resources { queues, resources })
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the template cannot be rendered:")?;
        for fault in &self.faults {
            write!(f, "\n  - {fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for TemplateError {}
