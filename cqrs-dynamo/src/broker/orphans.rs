use std::collections::{BTreeMap, BTreeSet};

use cqrs_core::App;
use cqrs_core::delivery::DeadLetter;
use serde_json::Value;

use super::dead_letter_queue::{self, WAIT};
use super::queue::Queue;
use super::{Broker, BrokerError};

/// A queue of an app's topic that no subscriber of the program reads, because its subscriber was removed or renamed. See
/// [`Broker::orphans`].
///
/// ```no_run
/// # use cqrs_dynamo::{Broker, BrokerError};
/// # async fn example(app: cqrs_core::App, broker: Broker) -> Result<(), BrokerError> {
/// for orphan in broker.orphans(&app).await? {
///     println!("{}: {} messages, {} dead letters", orphan.name(), orphan.messages(), orphan.dead_letters());
/// }
///
/// // `mailer` is called `postman` now.
/// let mailer = broker.orphan(&app, "mailer").await?;
/// let handed_over = mailer.hand_over("postman").await?;
/// if handed_over.left == 0 {
///     mailer.remove().await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OrphanedQueue {
    pub(super) broker: Broker,
    pub(super) app: App,
    pub(super) name: String,
    /// `None` if the queue is gone and only the subscription is left.
    pub(super) queue: Option<Queue>,
    pub(super) dead: Option<Queue>,
    pub(super) subscription: Option<String>,
    messages: u64,
    dead_letters: u64,
}

impl Broker {
    /// The queues behind this topic that no subscriber of this program reads, by name: handlers and projections that were removed
    /// or renamed have left them behind. They still take what the topic sends, and SQS keeps each message for 14 days. They are
    /// never removed automatically: they are [handed over](OrphanedQueue::hand_over) or [removed](OrphanedQueue::remove).
    ///
    /// A queue counts if it has the broker's prefix, is FIFO like the broker or standard like it, and is subscribed to the topic
    /// or allows the topic to send to it, as [`Broker::create`] and the [`Template`](crate::template::Template) make them. So
    /// does a queue of dead letters. Queues that another program has subscribed under the same prefix are listed, too.
    /// Subscribers that [`AppBuilder::only`](cqrs_core::app::AppBuilder::only) leaves out have no orphans: they are linked. **If
    /// several programs share a topic, call this in the one that links all their subscribers.**
    ///
    /// It needs `sns:ListTopics`, `sns:ListSubscriptionsByTopic`, `sqs:ListQueues` and `sqs:GetQueueAttributes`, and takes a
    /// request for each queue with the prefix.
    ///
    /// # Errors
    /// [`BrokerError::Missing`] if the topic does not exist, [`BrokerError::Faults`], [`BrokerError::Request`].
    pub async fn orphans(&self, app: &App) -> Result<Vec<OrphanedQueue>, BrokerError> {
        let topic = self.topic_arn().await?;
        let linked = App::linked_queues();
        let mut found: BTreeMap<String, OrphanedQueue> = BTreeMap::new();
        // A topic may have subscribers in other accounts and regions; those are not ours.
        let home = topic.strip_suffix(&self.names.topic()).unwrap_or(&topic).replacen(":sns:", ":sqs:", 1);
        for (endpoint, subscription) in self.subscriptions(&topic).await? {
            let Some(name) = endpoint.strip_prefix(&home) else { continue };
            if let Some(queue) = self.names.queue_of(name).filter(|queue| !linked.contains(queue)) {
                self.entry(app, &mut found, queue).subscription = Some(subscription);
            }
        }
        for queue in self.queues_of_the_prefix(&linked).await? {
            let Some(name) = self.names.queue_of(queue.name()).map(str::to_owned) else { continue };
            let Some(described) = queue.described().await? else { continue };
            if !found.contains_key(&name) && !names_source(&described.policy, &topic) {
                continue;
            }
            let orphan = self.entry(app, &mut found, &name);
            if queue.name() == self.names.queue(&name) {
                (orphan.messages, orphan.queue) = (described.messages, Some(queue));
            } else {
                (orphan.dead_letters, orphan.dead) = (described.messages, Some(queue));
            }
        }
        Ok(found.into_values().collect())
    }

    /// One of the [`Broker::orphans`], by its name without prefix and suffix.
    ///
    /// # Errors
    /// [`BrokerError::NotOrphaned`] if a linked subscriber reads it, [`BrokerError::NoSuchOrphan`], and the errors of
    /// [`Broker::orphans`].
    pub async fn orphan(&self, app: &App, queue: &str) -> Result<OrphanedQueue, BrokerError> {
        if App::linked_queues().contains(queue) {
            return Err(BrokerError::NotOrphaned { queue: queue.to_owned() });
        }
        let mut orphans = self.orphans(app).await?.into_iter();
        let found = orphans.find(|orphan| orphan.name == queue);
        found.ok_or_else(|| BrokerError::NoSuchOrphan { queue: queue.to_owned() })
    }

    fn entry<'a>(
        &self,
        app: &App,
        found: &'a mut BTreeMap<String, OrphanedQueue>,
        name: &str,
    ) -> &'a mut OrphanedQueue {
        found.entry(name.to_owned()).or_insert_with(|| OrphanedQueue {
            broker: self.clone(),
            app: app.clone(),
            name: name.to_owned(),
            queue: None,
            dead: None,
            subscription: None,
            messages: 0,
            dead_letters: 0,
        })
    }

    /// The queues that no linked subscriber reads, each before its dead letters.
    async fn queues_of_the_prefix(&self, linked: &BTreeSet<&str>) -> Result<Vec<Queue>, BrokerError> {
        let prefix = &self.names.prefix;
        let mut found = Vec::new();
        let mut token = None;
        loop {
            // Without a number of results, SQS returns a thousand and does not say that there are more.
            let mut request = self.sqs.list_queues().max_results(1000).set_next_token(token);
            if !prefix.is_empty() {
                request = request.queue_name_prefix(prefix);
            }
            let page = request.send().await;
            let page = page.map_err(|error| BrokerError::request("list the queues of", prefix, error))?;
            for url in page.queue_urls.unwrap_or_default() {
                let queue = Queue::at(&self.sqs, url);
                let of = self.names.queue_of(queue.name());
                if of.is_some_and(|of| !linked.contains(of)) {
                    found.push(queue);
                }
            }
            token = page.next_token;
            if token.is_none() {
                found.sort_by(|one, other| one.name().cmp(other.name()));
                return Ok(found);
            }
        }
    }
}

impl OrphanedQueue {
    /// Its name in the wiring of the program that made it: without prefix and suffix.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many messages it had when it was looked up, including those in flight; approximate on AWS.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// How many dead letters it had.
    #[must_use]
    pub fn dead_letters(&self) -> u64 {
        self.dead_letters
    }

    /// Whether the topic still sends to it.
    #[must_use]
    pub fn is_subscribed(&self) -> bool {
        self.subscription.is_some()
    }

    /// Its dead letters, by stream and version. While they are listed, no other process receives them.
    ///
    /// # Errors
    /// [`BrokerError::Request`].
    pub async fn list_dead_letters(&self) -> Result<Vec<DeadLetter>, BrokerError> {
        match &self.dead {
            Some(dead) => dead_letter_queue::list(&self.name, dead, WAIT).await,
            None => Ok(Vec::new()),
        }
    }
}

/// Whether a policy allows a topic to send.
fn names_source(policy: &str, topic: &str) -> bool {
    let Ok(policy) = serde_json::from_str::<Value>(policy) else { return false };
    // A single statement may come without a list around it.
    let statements = match &policy["Statement"] {
        Value::Array(statements) => statements.iter().collect(),
        statement => vec![statement],
    };
    let is_topic = |value: &Value| match value {
        Value::Array(values) => values.iter().any(|value| value == topic),
        value => value == topic,
    };
    statements.into_iter().filter(|statement| statement["Effect"] == "Allow").any(|statement| {
        let conditions = statement["Condition"].as_object().into_iter().flat_map(|all| all.values());
        let keys = conditions.filter_map(Value::as_object).flatten();
        // Condition keys are case-insensitive.
        keys.into_iter().any(|(key, value)| key.eq_ignore_ascii_case("aws:SourceArn") && is_topic(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_tells_whose_queue_it_is() {
        let policy = |effect: &str, operator: &str, key: &str, value: &str| {
            format!(
                r#"{{"Statement":[{{"Effect":"{effect}","Condition":{{"{operator}":{{"{key}":{value}}}}}}}]}}"#
            )
        };
        for (text, is_ours) in [
            (policy("Allow", "ArnEquals", "aws:SourceArn", r#""arn:t""#), true),
            (policy("Allow", "ArnLike", "AWS:SourceARN", r#"["arn:s","arn:t"]"#), true),
            (policy("Deny", "ArnEquals", "aws:SourceArn", r#""arn:t""#), false),
            (policy("Allow", "ArnEquals", "aws:SourceArn", r#""arn:t2""#), false),
            (policy("Allow", "Bool", "aws:SecureTransport", r#""false""#), false),
            (
                r#"{"Statement":{"Effect":"Allow","Condition":{"ArnEquals":{"aws:SourceArn":"arn:t"}}}}"#
                    .into(),
                true,
            ),
            (String::new(), false),
            ("[]".into(), false),
            (r#"{"Statement":[{"Effect":"Allow"}]}"#.into(), false),
        ] {
            assert_eq!(names_source(&text, "arn:t"), is_ours, "{text}");
        }
    }
}
