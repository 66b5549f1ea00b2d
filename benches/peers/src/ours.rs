//! This project.

use aws_config::SdkConfig;
use cqrs_benches::account::{self, AccountKey, DepositAll};
use cqrs_benches::floor;
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;

use crate::TENANT;
use crate::system::{Fallible, Outcome};

/// The same account with snapshots.
mod snapshots {
    use cqrs_benches::account::{Deposit, DepositAll};
    use cqrs_core::prelude::*;

    #[event(name = "DepositedWithSnapshots")]
    pub(crate) struct Deposited {
        pub(crate) cents: u64,
        pub(crate) note: String,
    }

    #[aggregate(entity = "ACCOUNT_S", snapshot_every = 100)]
    #[derive(Debug, Default)]
    pub(crate) struct Account {
        pub(crate) balance: u64,
    }

    #[aggregate]
    impl Account {
        #[command]
        fn deposit(&self, command: &Deposit) -> Result<Deposited, std::convert::Infallible> {
            Ok(Deposited { cents: command.cents, note: command.note.clone() })
        }

        #[command]
        fn deposit_all(&self, command: &DepositAll) -> Result<Vec<AccountEvent>, std::convert::Infallible> {
            let event = |each: &Deposit| Deposited { cents: each.cents, note: each.note.clone() }.into();
            Ok(command.0.iter().map(event).collect())
        }

        #[apply]
        fn deposited(&mut self, event: &Deposited) {
            self.balance += event.cents;
        }
    }
}

#[derive(Clone)]
pub struct Ours {
    app: App,
    dynamo: Dynamo,
    snapshots: bool,
}

impl Ours {
    pub async fn create_tables(conf: &SdkConfig) -> Fallible<()> {
        let dynamo = Dynamo::from_conf(conf);
        dynamo.create_tables().await?;
        // The peers' tables have no stream either.
        floor::without_stream(&dynamo).await
    }

    /// One process.
    pub fn open(conf: &SdkConfig, snapshots: bool) -> Fallible<Self> {
        let dynamo = Dynamo::from_conf(conf);
        let app = App::builder(dynamo.event_store()).snapshots(dynamo.snapshots()).only([]).build()?;
        Ok(Self { app, dynamo, snapshots })
    }

    /// A stream is `{id}`, or `{tenant}/{id}`.
    pub async fn execute(&self, stream: &str, deposits: usize) -> Fallible<Outcome> {
        let (tenant, stream) = stream.split_once('/').unwrap_or((TENANT, stream));
        let tenant = Tenant::new(tenant)?;
        macro_rules! run {
            ($key:ty) => {{
                let key = <$key>::new(&tenant, stream);
                match deposits {
                    1 => self.app.execute(&key, account::deposit()).await.map(|_| ()),
                    _ => self
                        .app
                        .execute(&key, DepositAll(vec![account::deposit(); deposits]))
                        .await
                        .map(|_| ()),
                }
            }};
        }
        match if self.snapshots { run!(snapshots::AccountKey) } else { run!(AccountKey) } {
            Ok(()) => Ok(Outcome::Done),
            Err(ExecuteError::Conflict { .. }) => Ok(Outcome::Conflict),
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
        if commits > 0 {
            let key = AccountKey::new(&Tenant::new(TENANT)?, stream).stream()?;
            floor::fill(&self.dynamo, &key, 1..=commits).await?;
        }
        Ok(())
    }
}
