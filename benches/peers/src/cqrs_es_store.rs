//! cqrs-es on dynamo-es, set up as its documentation has it: `dynamodb_cqrs`, `dynamodb_snapshot_cqrs`.

use std::convert::Infallible;
use std::sync::Arc;

use aws_config::SdkConfig;
use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{PersistedEventRepository, SerializedEvent};
use cqrs_es::{Aggregate, AggregateError, DomainEvent};
use dynamo_es::{DynamoCqrs, DynamoEventRepository, dynamodb_cqrs, dynamodb_snapshot_cqrs};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::event::Deposited;
use crate::system::{Fallible, Outcome, client};
use crate::{SNAPSHOT_EVERY, table};

/// The most events that dynamo-es takes in one transaction.
const BATCH: u64 = 25;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AccountEvent {
    Deposited(Deposited),
}

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        "Deposited".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Account {
    balance: u64,
}

impl Aggregate for Account {
    const TYPE: &'static str = "ACCOUNT";
    type Command = Vec<Deposited>;
    type Event = AccountEvent;
    type Error = Infallible;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Infallible> {
        for deposited in command {
            sink.write(AccountEvent::Deposited(deposited), self).await;
        }
        Ok(())
    }

    fn apply(&mut self, AccountEvent::Deposited(event): AccountEvent) {
        self.balance += event.cents;
    }
}

#[derive(Clone)]
pub struct CqrsEs {
    framework: Arc<DynamoCqrs<Account>>,
    repository: Arc<DynamoEventRepository>,
    snapshots: bool,
}

impl CqrsEs {
    pub async fn create_tables(conf: &SdkConfig) -> Fallible<()> {
        table::create(&client(conf), "Events", "AggregateTypeAndId", Some("AggregateIdSequence"), None)
            .await?;
        table::create(&client(conf), "Snapshots", "AggregateTypeAndId", None, None).await
    }

    pub fn open(conf: &SdkConfig, snapshots: bool) -> Self {
        let framework = if snapshots {
            dynamodb_snapshot_cqrs(client(conf), vec![], SNAPSHOT_EVERY, ())
        } else {
            dynamodb_cqrs(client(conf), vec![], ())
        };
        let repository = Arc::new(DynamoEventRepository::new(client(conf)));
        Self { framework: Arc::new(framework), repository, snapshots }
    }

    pub async fn execute(&self, stream: &str, deposits: usize) -> Fallible<Outcome> {
        match self.framework.execute(stream, vec![Deposited::one(); deposits]).await {
            Ok(()) => Ok(Outcome::Done),
            Err(AggregateError::AggregateConflict) => Ok(Outcome::Conflict),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a stream longer, in the cheapest way.
    pub async fn fill(&self, stream: &str, commits: u64) -> Fallible<()> {
        if self.snapshots {
            for _ in 0..commits {
                self.execute(stream, 1).await?;
            }
            return Ok(());
        }
        let payload = serde_json::to_value(AccountEvent::Deposited(Deposited::one()))?;
        let numbers: Vec<u64> = (1..=commits).collect();
        for numbers in numbers.chunks(BATCH as usize) {
            let events: Vec<_> =
                numbers.iter().map(|number| stored(stream, *number as usize, payload.clone())).collect();
            self.repository.persist::<Account>(&events, None).await?;
        }
        Ok(())
    }
}

fn stored(stream: &str, number: usize, payload: Value) -> SerializedEvent {
    SerializedEvent::new(
        stream.to_owned(),
        number,
        Account::TYPE.to_owned(),
        "Deposited".to_owned(),
        "1".to_owned(),
        payload,
        json!({}),
    )
}
