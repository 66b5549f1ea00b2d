use std::time::Duration;

use cqrs_core::App;
use cqrs_dynamo::{Broker, Dynamo, Relay, SnsPublisher, Tables, Worker};

use crate::{Build, Fault, Journal};

/// How long a relay or a message waits for a process that was killed.
const LEASE: Duration = Duration::from_secs(1);
/// The longest time that a message waits if a build does not know it, or if a try failed.
const BACKOFF: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(50);

/// Tables, topic and queues as a build sees them.
pub(crate) struct Stack {
    pub(crate) app: App,
    pub(crate) broker: Broker,
    pub(crate) dynamo: Dynamo,
}

impl Stack {
    pub(crate) async fn open<B: Build>() -> Result<Self, Fault> {
        let prefix = std::env::var("PREFIX")?;
        let dynamo = Dynamo::from_env().await?.with_tables(Tables::with_prefix(&prefix));
        let broker = Broker::from_env().await?.with_prefix(prefix);
        let app = B::app(&dynamo, Journal::open(B::NAME)?)?;
        Ok(Self { app, broker, dynamo })
    }

    pub(crate) async fn relay(&self) -> Result<Relay<SnsPublisher>, Fault> {
        let topic = self.broker.topic_arn().await?;
        let publisher = SnsPublisher::new(self.broker.sns().clone(), topic);
        let relay = Relay::new(&self.dynamo, &self.app, publisher);
        Ok(relay.settings(|settings| (settings.lease, settings.poll) = (LEASE, POLL)))
    }

    pub(crate) fn worker(&self) -> Worker {
        self.broker.worker(&self.app).settings(|settings| {
            settings.visibility = 2 * LEASE;
            settings.backoff = BACKOFF;
            settings.longest_backoff = BACKOFF;
            settings.wait = Duration::from_secs(1);
        })
    }
}
