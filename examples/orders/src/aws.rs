//! Over AWS: the relay takes commits from the stream of the events table to the topic, the worker from the queues
//! behind it to the read models and the handler.

use std::time::Duration;

use cqrs_core::App;
use cqrs_core::delivery::Delivered;
use cqrs_dynamo::{Broker, BrokerTopic, Dynamo, Relay, SnsPublisher, Tables, Worked, Worker};
use tokio::sync::watch;

use crate::arrival::Arrival;
use crate::error::RunError;
use crate::file::CommandFile;
use crate::options::{Part, Stack};
use crate::report::{Delivery, Letter};

/// A receive that waits longer than this would be given up when the program ends.
const WAIT: Duration = Duration::from_secs(1);

/// The tables of a stack. Missing ones are made.
///
/// # Errors
/// [`RunError::Tables`].
pub async fn tables(stack: &Stack) -> Result<Dynamo, RunError> {
    let dynamo = Dynamo::from_env().await.map_err(RunError::Tables)?;
    let dynamo = dynamo.with_tables(Tables::with_prefix(&stack.prefix));
    dynamo.create_tables().await.map_err(RunError::Tables)?;
    Ok(dynamo)
}

/// A topic with its queues, and what goes in and out.
#[derive(Debug)]
pub struct Pipeline {
    dynamo: Dynamo,
    app: App,
    broker: Broker,
    topic: BrokerTopic,
    stack: Stack,
}

impl Pipeline {
    /// Makes the missing parts of the topic and its queues.
    ///
    /// # Errors
    /// [`RunError::Broker`].
    pub async fn create(dynamo: &Dynamo, app: &App, stack: &Stack) -> Result<Self, RunError> {
        let broker = Broker::from_env().await?.with_prefix(&*stack.prefix);
        let topic = broker.create(app).await?;
        Ok(Self { dynamo: dynamo.clone(), app: app.clone(), broker, topic, stack: stack.clone() })
    }

    /// Runs relay and worker until the read models have all that the store has, or something is a dead letter.
    ///
    /// # Errors
    /// [`RunError::Delivery`], [`RunError::Broker`], [`RunError::Late`].
    pub async fn deliver(&self, file: &CommandFile) -> Result<Delivery, RunError> {
        let (stop, stopping) = watch::channel(());
        let worker = self.worker().settings(|settings| settings.wait = WAIT);
        let arrived = async {
            let arrived = self.wait(file).await;
            drop(stop);
            arrived
        };
        let mut relay = self.relay();
        let published = async { Ok::<_, RunError>(relay.run(closed(stopping.clone())).await?) };
        let worked = async { Ok::<_, RunError>(worker.run(closed(stopping.clone())).await?) };
        let (Delivered { commits, .. }, Worked { .. }, ()) = tokio::try_join!(published, worked, arrived)?;
        // The handler's messages, about which the read models say nothing.
        worker.run_until_idle().await?;
        Ok(Delivery { commits, dead_letters: self.letters().await?, ..Delivery::default() })
    }

    /// Runs one part until it is interrupted, and returns how many commits or messages it has handled.
    ///
    /// # Errors
    /// [`RunError::Delivery`], [`RunError::Broker`].
    pub async fn serve(&self, part: Part) -> Result<u64, RunError> {
        Ok(match part {
            Part::Relay => self.relay().run(interrupted()).await?.commits,
            Part::Worker => self.worker().run(interrupted()).await?.done,
        })
    }

    fn relay(&self) -> Relay<SnsPublisher> {
        let publisher = SnsPublisher::new(self.broker.sns().clone(), &self.topic.arn);
        let relay = Relay::new(&self.dynamo, &self.app, publisher);
        relay.settings(|settings| settings.lease = self.stack.lease)
    }

    fn worker(&self) -> Worker {
        self.broker.worker(&self.app).settings(|settings| settings.visibility = self.stack.lease)
    }

    async fn wait(&self, file: &CommandFile) -> Result<(), RunError> {
        let arrival = Arrival::of(file, &self.stack).await?;
        arrival.wait(async || Ok(!self.letters().await?.is_empty())).await
    }

    /// The dead letters of all queues, and those of the relay.
    async fn letters(&self) -> Result<Vec<Letter>, RunError> {
        let mut all = self.app.dead_letters().list().await?;
        all.extend(self.broker.dead_letter_queues(&self.app).list().await?);
        Ok(all.into_iter().map(Letter::from).collect())
    }
}

/// Resolves when the other end is gone.
async fn closed(mut stopping: watch::Receiver<()>) {
    while stopping.changed().await.is_ok() {}
}

/// Resolves at Ctrl-C. If that cannot be heard, Ctrl-C ends the process by itself.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
