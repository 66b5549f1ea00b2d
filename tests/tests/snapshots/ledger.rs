//! Ledgers whose fold is not idempotent: an event applied twice, or not at all, changes the digest for good.

use std::convert::Infallible;

use cqrs_core::app::Settings;
use cqrs_core::snapshot::{SnapshotStore, StoredSnapshot};
use cqrs_core::{AggregateKey, Timestamp};

/// The framework without its registry, so that one program can hold several versions of one aggregate.
pub(crate) mod unregistered {
    pub(crate) mod __private {
        pub(crate) use cqrs_core::__private::*;

        pub(crate) mod inventory {
            macro_rules! submit {
                ($($row:tt)*) => {};
            }
            pub(crate) use submit;
        }
    }
}

/// Books amounts, an event each.
#[derive(Debug, Clone)]
pub(crate) struct Book(pub(crate) Vec<i64>);

/// Stores a text; the state keeps those that begin with a `k`.
#[derive(Debug, Clone)]
pub(crate) struct Keep(pub(crate) String);

pub(crate) type Decision<T> = Result<T, Infallible>;

/// What every ledger has: the same key, the same events, the same commands.
macro_rules! ledger {
    ($name:ident, every = $every:tt, state { $($state:tt)* }, $($apply:tt)*) => {
        pub(crate) mod $name {
            #[allow(unused_imports, reason = "not every state needs everything")]
            use std::collections::BTreeMap;

            use cqrs_core::prelude::*;
            use $crate::ledger::{Book, Decision, Keep};

            #[event]
            #[derive(Debug, Clone)]
            pub(crate) struct Booked {
                pub(crate) amount: i64,
            }

            #[event]
            #[derive(Debug, Clone)]
            pub(crate) struct Kept {
                pub(crate) text: String,
            }

            #[aggregate(entity = "LEDGER", snapshot_every = $every, crate = crate::ledger::unregistered)]
            #[derive(Debug, Clone, Default, PartialEq)]
            pub(crate) struct Ledger {
                $($state)*
            }

            #[aggregate(crate = crate::ledger::unregistered)]
            impl Ledger {
                #[command]
                fn book(&self, command: &Book) -> Decision<Vec<Booked>> {
                    Ok(command.0.iter().map(|amount| Booked { amount: *amount }).collect())
                }

                #[command]
                fn keep(&self, command: Keep) -> Decision<Kept> {
                    Ok(Kept { text: command.0 })
                }

                $($apply)*
            }

            pub(crate) fn key(id: &str) -> LedgerKey {
                LedgerKey::new(&cqrs_tests::bank::tenant(), id)
            }
        }
    };
}
pub(crate) use ledger;

/// The same ledger with snapshots at other distances.
macro_rules! usual {
    ($name:ident, $every:tt) => {
        ledger!(
            $name,
            every = $every,
            state {
                pub(crate) digest: u64,
                pub(crate) booked: u64,
                pub(crate) last: Option<i64>,
                pub(crate) by_amount: BTreeMap<String, u64>,
                pub(crate) kept: Vec<String>,
            },
            #[apply]
            fn booked(&mut self, event: &Booked) {
                self.digest = self.digest.wrapping_mul(31).wrapping_add(event.amount.cast_unsigned());
                self.booked += 1;
                self.last = Some(event.amount);
                *self.by_amount.entry(event.amount.to_string()).or_default() += 1;
            }

            #[apply]
            fn kept(&mut self, event: &Kept) {
                self.digest = self.digest.wrapping_mul(37);
                if event.text.starts_with('k') {
                    self.kept.push(event.text.clone());
                }
            }
        );
    };
}

usual!(every_1, 1);
usual!(every_4, 4);
usual!(every_10, 10);
usual!(every_100, 100);

/// The result of a ledger, computed in another way than by the fold's code.
pub(crate) fn digest<'a>(commits: impl IntoIterator<Item = &'a Vec<i64>>) -> (u64, u64) {
    commits.into_iter().flatten().fold((0, 0), |(digest, booked), amount| {
        (digest.wrapping_mul(31).wrapping_add(amount.cast_unsigned()), booked + 1)
    })
}

/// A time for a number, in order.
pub(crate) fn at(number: u64) -> Timestamp {
    cqrs_tests::commits::at(number * 1000)
}

/// The snapshot of a key.
pub(crate) async fn stored(store: &impl SnapshotStore, key: &impl AggregateKey) -> Option<StoredSnapshot> {
    store.get(&key.stream().unwrap()).await.unwrap()
}

/// All snapshots go into the snapshot store.
pub(crate) fn apart(settings: &mut Settings) {
    settings.state_in_commit_bytes = 0;
}
