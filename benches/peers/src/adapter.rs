//! event-store-adapter-rs with the repository of its documentation: snapshot, the events after it, decide, append.

use std::collections::HashMap;
use std::sync::Arc;

use aws_config::SdkConfig;
use chrono::Utc;
use event_store_adapter_rs::{
    AggregateId, DynamoDbOptions, DynamoDbTables, EventEnvelope, EventStoreError, EventStoreForDynamoDB,
    SnapshotEnvelope,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::event::Deposited;
use crate::system::{Fallible, Outcome, client};
use crate::{SNAPSHOT_EVERY, table};

const HISTORY_INDEX: &str = "history";

#[derive(Debug, Clone)]
pub struct AccountId(String);

impl AggregateId for AccountId {
    fn type_name(&self) -> String {
        "ACCOUNT".to_owned()
    }

    fn value(&self) -> String {
        self.0.clone()
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Account {
    balance: u64,
}

impl Account {
    fn apply(&mut self, event: &Deposited) {
        self.balance += event.cents;
    }
}

/// A state, and how many events made it.
type Loaded = (Account, u64);

#[derive(Clone)]
pub struct Adapter {
    store: EventStoreForDynamoDB<AccountId, Account, Deposited>,
    snapshots: bool,
    /// The aggregates of a program that caches them; the library leaves that to the program.
    kept: Option<Arc<Mutex<HashMap<String, Loaded>>>>,
}

impl Adapter {
    pub async fn create_tables(conf: &SdkConfig) -> Fallible<()> {
        let client = client(conf);
        table::create(&client, "journal", "aid", Some("seq_nr"), None).await?;
        table::create(&client, "head", "aid", None, None).await?;
        let index = Some((HISTORY_INDEX, "active_history_seq_nr"));
        table::create(&client, "snapshot", "aid", Some("skey"), index).await
    }

    pub async fn open(conf: &SdkConfig, snapshots: bool, keep: bool) -> Fallible<Self> {
        let tables = DynamoDbTables {
            journal_table_name: "journal".to_owned(),
            snapshot_table_name: "snapshot".to_owned(),
            head_table_name: "head".to_owned(),
            snapshot_history_index_name: HISTORY_INDEX.to_owned(),
        };
        let store = EventStoreForDynamoDB::open(client(conf), tables, DynamoDbOptions::default()).await?;
        Ok(Self { store, snapshots, kept: keep.then(Arc::default) })
    }

    pub async fn execute(&self, stream: &str, deposits: usize) -> Fallible<Outcome> {
        let id = AccountId(stream.to_owned());
        let (mut account, mut number) = match self.kept(stream).await {
            Some(kept) => kept,
            None => self.load(&id).await?,
        };
        // One call takes one event.
        for _ in 0..deposits {
            let event = Deposited::one();
            number += 1;
            account.apply(&event);
            let envelope =
                EventEnvelope::new(id.clone(), number, Utc::now(), event).with_manifest("Deposited");
            let appended = if self.snapshots && number.is_multiple_of(SNAPSHOT_EVERY as u64) {
                let snapshot = SnapshotEnvelope::new(account.clone(), number).with_manifest("Account");
                self.store.persist_event_and_snapshot(envelope, snapshot).await
            } else {
                self.store.persist_event(envelope).await
            };
            match appended {
                Ok(()) => {}
                Err(EventStoreError::OptimisticLock { .. }) => return Ok(Outcome::Conflict),
                Err(error) => return Err(error.into()),
            }
        }
        if let Some(kept) = &self.kept {
            kept.lock().await.insert(stream.to_owned(), (account, number));
        }
        Ok(Outcome::Done)
    }

    async fn kept(&self, stream: &str) -> Option<Loaded> {
        self.kept.as_ref()?.lock().await.remove(stream)
    }

    async fn load(&self, id: &AccountId) -> Fallible<Loaded> {
        let (mut account, mut number) = (Account::default(), 0);
        let Some(read) = self.store.get_latest_snapshot_by_id(id).await? else {
            return Ok((account, number));
        };
        if let Some(snapshot) = read.into_parts().0 {
            number = snapshot.seq_nr();
            account = snapshot.into_aggregate();
        }
        for event in self.store.get_events_by_id_since_seq_nr(id, number + 1).await? {
            number = event.seq_nr();
            account.apply(event.payload());
        }
        Ok((account, number))
    }

    /// Makes a stream longer, in the cheapest way.
    pub async fn fill(&self, stream: &str, commits: u64) -> Fallible<()> {
        let filler = Self { kept: Some(Arc::default()), ..self.clone() };
        for _ in 0..commits {
            filler.execute(stream, 1).await?;
        }
        Ok(())
    }
}
