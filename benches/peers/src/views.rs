//! Read models: what a commit costs with a number of them.

use std::sync::Arc;

use cqrs_benches::account::{Account, AccountKey, Deposited, deposit};
use cqrs_core::delivery::{Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_es::persist::GenericQuery;
use cqrs_es::{EventEnvelope, Query, View};
use dynamo_es::{DynamoViewRepository, dynamodb_cqrs};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::cqrs_es_store::{self, AccountEvent, CqrsEs};
use crate::system::{Fallible, client};
use crate::wire::{Taken, Wire};
use crate::{TENANT, event, table};

/// The number of commits of the mean.
const COMMITS: u64 = 10;

macro_rules! views {
    ($($name:ident)*) => {
        /// The names of the read models.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];

        $(
            #[projection(Account)]
            #[derive(Default)]
            pub struct $name {
                pub balance: u64,
            }

            #[projection(Account)]
            impl $name {
                #[apply]
                fn deposited(&mut self, event: &Deposited) {
                    self.balance += event.cents;
                }
            }
        )*
    };
}

views! {
    V01 V02 V03 V04 V05 V06 V07 V08 V09 V10 V11 V12 V13 V14 V15 V16
    V17 V18 V19 V20 V21 V22 V23 V24 V25 V26 V27 V28 V29 V30 V31 V32
}

/// This project: a command, and its commit as each queue delivers it to its read model.
pub async fn ours(views: usize) -> Fallible<Taken> {
    let wire = Wire::to(&Embedded::in_memory()?);
    let dynamo = Dynamo::from_conf(&wire.sdk_config());
    dynamo.create_tables().await?;
    let names = NAMES.iter().copied().take(views);
    let stores = App::builder(dynamo.event_store()).views(dynamo.views()).snapshots(dynamo.snapshots());
    let app = stores.only(names.clone()).build()?;
    let key = AccountKey::new(&Tenant::new(TENANT)?, "1");
    let mut before = Taken::default();
    for version in 1..=COMMITS + 1 {
        app.execute(&key, deposit()).await?;
        let message = Received::new(body(&key.stream()?, version));
        for name in names.clone() {
            let verdicts = app.consumer(name)?.take(std::slice::from_ref(&message)).await;
            if verdicts != [Verdict::Done] {
                return Err(format!("`{name}` did not take version {version}: {verdicts:?}").into());
            }
        }
        if version == 1 {
            before = wire.taken();
        }
    }
    Ok((wire.taken() - before) / COMMITS as f64)
}

/// What the relay puts into a message.
fn body(stream: &cqrs_core::StreamKey, version: u64) -> String {
    let Deposited { cents, note } = Deposited { cents: 5, note: deposit().note };
    json!({
        "pk": stream.pk(), "sk": stream.commit_sk(Version::new(version)), "version": version,
        "type": "Deposited", "schema": 1, "data": { "cents": cents, "note": note },
        "createdAt": "2026-01-01T00:00:00.000Z", "commandId": version.to_string(),
        "correlationId": version.to_string(),
    })
    .to_string()
}

/// A read model of cqrs-es.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Balance {
    balance: u64,
}

impl View<cqrs_es_store::Account> for Balance {
    fn update(&mut self, event: &EventEnvelope<cqrs_es_store::Account>) {
        let AccountEvent::Deposited(deposited) = &event.payload;
        self.balance += deposited.cents;
    }
}

/// cqrs-es: a command, with its read models as queries in it.
pub async fn cqrs_es(views: usize) -> Fallible<Taken> {
    let wire = Wire::to(&Embedded::in_memory()?);
    let conf = wire.sdk_config();
    CqrsEs::create_tables(&conf).await?;
    let mut queries: Vec<Box<dyn Query<cqrs_es_store::Account>>> = Vec::new();
    for name in &NAMES[..views] {
        table::create(&client(&conf), name, "ViewId", None, None).await?;
        let repository = DynamoViewRepository::<Balance, cqrs_es_store::Account>::new(name, client(&conf));
        queries.push(Box::new(GenericQuery::new(Arc::new(repository))));
    }
    let framework = dynamodb_cqrs(client(&conf), queries, ());
    let mut before = Taken::default();
    for version in 1..=COMMITS + 1 {
        framework.execute("1", vec![event::Deposited::one()]).await?;
        if version == 1 {
            before = wire.taken();
        }
    }
    Ok((wire.taken() - before) / COMMITS as f64)
}
