use std::sync::atomic::{AtomicBool, Ordering};

use cqrs_core::Outcome;
use cqrs_core::prelude::*;
use cqrs_core::store::{
    Append, AppendAll, CommitKey, CommitPage, CommitScan, Extent, MemoryEventStore, NewCommit, NewCommits,
};
use cqrs_core::{EventStore, StoreError, StreamKey};
use cqrs_tests::bank::{self, Account, Open, Refusal, Withdraw, deposit};

use super::{account, balance, start};

#[tokio::test]
async fn a_transfer_is_a_commit_on_each_side() {
    let (dynamo, app) = start().await;
    let (from, to) = (account(&app, "1", 100).await, account(&app, "2", 0).await);
    let moved = app
        .transaction()
        .execute(&from, Withdraw { cents: 30 })
        .execute(&to, deposit(30))
        .by("teller-1")
        .correlation_id("request-7")
        .await
        .unwrap();
    assert_eq!(moved.outcome, Outcome::Committed);
    assert_eq!(moved.of(&from).unwrap().version, Version::new(3));
    assert_eq!(moved.of(&to).unwrap().version, Version::new(2));
    assert!(moved.of(&bank::account("3")).is_none());
    let (left, right) = (&moved.of(&from).unwrap().metadata, &moved.of(&to).unwrap().metadata);
    assert_eq!(left.command_id, right.command_id);
    assert_eq!(left.command_id, moved.command_id);
    for metadata in [left, right] {
        assert_eq!(metadata.created_by.as_deref(), Some("teller-1"));
        assert_eq!(metadata.correlation_id, "request-7");
    }
    for app in [&app, &bank::app(dynamo.event_store()).unwrap()] {
        assert_eq!(balance(app, &from).await, (3, 70));
        assert_eq!(balance(app, &to).await, (2, 30));
    }
    // What it left in memory is what the store has.
    app.execute(&from, Withdraw { cents: 70 }).await.unwrap();
    assert_eq!(balance(&app, &from).await, (4, 0));
}

#[tokio::test]
async fn one_rejection_rejects_all_and_says_which() {
    let (_, app) = start().await;
    let (from, to) = (account(&app, "1", 10).await, account(&app, "2", 5).await);
    for (first, second) in [(&from, &to), (&to, &from)] {
        let error = app
            .transaction()
            .execute(first, Withdraw { cents: 30 })
            .execute(second, deposit(30))
            .await
            .unwrap_err();
        let left = app.load(first).await.unwrap().state.balance;
        assert_eq!(error.rejection(), Some(&Refusal::TooLittle(left)));
        let text = error.to_string();
        let stream = first.stream().unwrap();
        assert_eq!(text, format!("`Withdraw` was rejected by stream {stream}: only {left} cents are left"));
        assert!(matches!(&error, TransactionError::Rejected(it) if *it.stream() == stream));
    }
    assert_eq!((balance(&app, &from).await, balance(&app, &to).await), ((2, 10), (2, 5)));
}

/// A state that is remembered may be old: nobody is refused because of it.
#[tokio::test]
async fn a_rejection_is_decided_on_the_ends_of_the_streams() {
    let (dynamo, app) = start().await;
    let other = bank::app(dynamo.event_store()).unwrap();
    let (from, to) = (account(&app, "1", 10).await, account(&app, "2", 0).await);
    other.execute(&from, deposit(90)).await.unwrap();
    let moved = app.transaction().execute(&from, Withdraw { cents: 50 }).execute(&to, deposit(50));
    moved.await.unwrap();
    assert_eq!((balance(&other, &from).await, balance(&other, &to).await), ((4, 50), (2, 50)));
}

#[tokio::test]
async fn a_command_that_decides_on_nothing_is_unchanged_beside_others() {
    let (_, app) = start().await;
    let (first, second) = (account(&app, "1", 10).await, account(&app, "2", 5).await);
    let done = app.transaction().execute(&first, deposit(0)).execute(&second, deposit(1)).await.unwrap();
    assert_eq!(done.outcome, Outcome::Committed);
    assert_eq!(done.of(&first).unwrap().outcome, Outcome::Unchanged);
    assert_eq!(done.of(&second).unwrap().outcome, Outcome::Committed);
    let done = app.transaction().execute(&first, deposit(0)).execute(&second, deposit(0)).await.unwrap();
    assert!(done.is_unchanged());
    assert_eq!((balance(&app, &first).await, balance(&app, &second).await), ((2, 10), (3, 6)));
}

/// What another writer has done in between is folded, and all is decided again: also on a stream that decided on nothing, and on
/// one that is only read.
#[tokio::test]
async fn a_conflict_on_any_stream_is_decided_again() {
    let (dynamo, app) = start().await;
    let other = bank::app(dynamo.event_store()).unwrap();
    let keys = [account(&app, "1", 100).await, account(&app, "2", 0).await, account(&app, "3", 0).await];
    let [from, to, read] = &keys;
    for changed in [vec![from], vec![to], vec![read], vec![from, to, read]] {
        for key in changed {
            other.execute(key, deposit(1)).await.unwrap();
        }
        let moved =
            app.transaction().execute(from, Withdraw { cents: 10 }).execute(to, deposit(10)).unchanged(read);
        moved.await.unwrap();
    }
    let balances = [balance(&other, from).await, balance(&other, to).await, balance(&other, read).await];
    assert_eq!(balances, [(8, 62), (7, 42), (3, 2)]);
    // What is remembered decides: a load would read it anew.
    for (key, left) in [(from, 62), (to, 42), (read, 2)] {
        let refused = app.execute(key, Withdraw { cents: left + 1 }).await;
        assert!(
            matches!(refused, Err(ExecuteError::Rejected(Refusal::TooLittle(it))) if it == left),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_version_that_is_expected_is_not_tried_again() {
    let (dynamo, app) = start().await;
    let other = bank::app(dynamo.event_store()).unwrap();
    let (from, to) = (account(&app, "1", 100).await, account(&app, "2", 0).await);
    let read = account(&app, "3", 0).await;
    for key in [&from, &read] {
        let seen = app.load(key).await.unwrap().version;
        let transfer = || {
            let both = app.transaction().execute(&from, Withdraw { cents: 1 }).execute(&to, deposit(1));
            both.unchanged(&read).expect_version(key, seen)
        };
        other.execute(key, deposit(1)).await.unwrap();
        for _ in 0..2 {
            let error = transfer().await.unwrap_err();
            let TransactionError::Conflict { stream, expected, actual } = error else { panic!("{error:?}") };
            assert_eq!((stream, expected, actual), (key.stream().unwrap(), seen, seen.next()));
        }
        assert_eq!(balance(&other, &to).await, (1, 0));
    }
    let now = other.load(&from).await.unwrap().version;
    let done = app.transaction().execute(&from, Withdraw { cents: 1 }).execute(&to, deposit(1));
    done.expect_version(&from, now).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_a_transaction_is_reported() {
    let (_, app) = start().await;
    let key = account(&app, "1", 100).await;
    let other = bank::account("2");

    let error = app.transaction().await.unwrap_err();
    assert!(matches!(error, TransactionError::Empty), "{error:?}");
    let error = app.transaction().unchanged(&key).await.unwrap_err();
    assert!(matches!(error, TransactionError::Empty), "{error:?}");

    for twice in [
        app.transaction().execute(&key, deposit(1)).execute(&key, Withdraw { cents: 1 }),
        app.transaction().execute(&key, deposit(1)).execute(&other, deposit(1)).unchanged(&key),
    ] {
        let error = twice.await.unwrap_err();
        let TransactionError::SameStream { stream } = error else { panic!("{error:?}") };
        assert_eq!(stream, key.stream().unwrap());
    }

    let error = app.transaction().execute(&key, deposit(1)).expect_version(&other, Version::NONE).await;
    assert!(matches!(error, Err(TransactionError::NoPart { .. })), "{error:?}");

    let accounts: Vec<_> = (10..111).map(|number| bank::account(&number.to_string())).collect();
    let open = || Open { owner: "Bob".into() };
    let all = accounts.iter().fold(app.transaction(), |all, key| all.execute(key, open()));
    let error = all.await.unwrap_err();
    assert!(matches!(error, TransactionError::TooMany { items: 101, limit: 100 }), "{error:?}");
    let all = accounts[1..].iter().fold(app.transaction(), |all, key| all.execute(key, open()));
    assert_eq!(all.await.unwrap().tokens().count(), 100);

    let error = app.transaction().execute(&key, deposit(1)).by("").await.unwrap_err();
    assert!(matches!(error, TransactionError::Option { option: "by", .. }), "{error:?}");
    assert_eq!(balance(&app, &key).await, (2, 100));
}

/// The size of all commits together counts, and that of each.
#[tokio::test]
async fn what_is_too_large_is_told_before_it_is_sent() {
    let (_, app) = start().await;
    let mut keys = Vec::new();
    for number in 0..12 {
        keys.push(account(&app, &number.to_string(), 0).await);
    }
    let large = |bytes: usize| bank::Deposit { cents: 1, note: "x".repeat(bytes) };
    let all = keys.iter().fold(app.transaction(), |all, key| all.execute(key, large(380_000)));
    let error = all.await.unwrap_err();
    assert!(matches!(error, TransactionError::TooLarge { stream: None, .. }), "{error:?}");
    let one = app.transaction().execute(&keys[0], deposit(1)).execute(&keys[1], large(420_000));
    let error = one.await.unwrap_err();
    let TransactionError::TooLarge { stream: Some(stream), .. } = error else { panic!("{error:?}") };
    assert_eq!(stream, keys[1].stream().unwrap());
    for key in &keys {
        assert_eq!(balance(&app, key).await, (1, 0));
        app.execute(key, deposit(1)).await.unwrap();
    }
}

/// `Limit` is only read, by the decision itself.
mod limits {
    use std::sync::Mutex;

    use super::*;

    #[event]
    pub(super) struct CeilingSet {
        pub(super) cents: u64,
    }

    pub(super) struct SetCeiling(pub(super) u64);

    #[aggregate(entity = "CEILING")]
    #[derive(Default, Clone)]
    pub(super) struct Ceiling {
        pub(super) cents: u64,
    }

    #[aggregate]
    impl Ceiling {
        #[command]
        fn set(&self, command: &SetCeiling) -> Result<CeilingSet, String> {
            Ok(CeilingSet { cents: command.0 })
        }

        #[apply]
        fn ceiling_set(&mut self, event: &CeilingSet) {
            self.cents = event.cents;
        }
    }

    #[event]
    pub(super) struct Spent {
        pub(super) cents: u64,
    }

    pub(super) struct Spend(pub(super) u64, pub(super) CeilingKey);

    #[aggregate(entity = "PURSE")]
    #[derive(Default, Clone)]
    pub(super) struct Purse {
        pub(super) spent: u64,
    }

    /// Keeps what the decision was given, which nobody should.
    pub(super) struct Hoard(pub(super) CeilingKey);

    pub(super) static HOARDED: Mutex<Vec<CommandContext>> = Mutex::new(Vec::new());

    #[aggregate]
    impl Purse {
        #[command]
        fn hoard(&self, command: &Hoard, context: &CommandContext) -> Result<Spent, String> {
            let ceiling = context.state(&command.0).ok_or("the ceiling is not read")?;
            HOARDED.lock().unwrap().push(context.clone());
            Ok(Spent { cents: ceiling.cents })
        }

        #[command]
        fn spend(&self, command: &Spend, context: &CommandContext) -> Result<Spent, String> {
            let ceiling = context.state(&command.1).ok_or("the ceiling is not read")?;
            if self.spent + command.0 > ceiling.cents {
                return Err(format!("{} is the ceiling", ceiling.cents));
            }
            Ok(Spent { cents: command.0 })
        }

        #[apply]
        fn spent(&mut self, event: &Spent) {
            self.spent += event.cents;
        }
    }
}

#[tokio::test]
async fn a_decision_sees_the_stream_that_is_only_read_as_it_is_when_it_counts() {
    use limits::{CeilingKey, PurseKey, SetCeiling, Spend};
    let (dynamo, app) = start().await;
    let other = bank::app(dynamo.event_store()).unwrap();
    let (purse, ceiling) = (PurseKey::new(&bank::tenant(), "1"), CeilingKey::new(&bank::tenant(), "1"));
    other.execute(&ceiling, SetCeiling(10)).await.unwrap();
    let spend = |cents| app.transaction().execute(&purse, Spend(cents, ceiling.clone())).unchanged(&ceiling);
    spend(6).await.unwrap();
    assert!(spend(6).await.unwrap_err().to_string().ends_with(": 10 is the ceiling"));
    // Both ways: what is remembered is neither a reason to refuse nor one to let pass.
    other.execute(&ceiling, SetCeiling(20)).await.unwrap();
    spend(6).await.unwrap();
    other.execute(&ceiling, SetCeiling(13)).await.unwrap();
    assert!(spend(6).await.unwrap_err().to_string().ends_with(": 13 is the ceiling"));
    assert_eq!(app.load(&purse).await.unwrap().state.spent, 12);
    // By itself the command has nothing to read.
    let alone = app.execute(&purse, Spend(1, ceiling.clone())).await.unwrap_err();
    assert_eq!(alone.to_string(), "the ceiling is not read");
}

/// A decision that keeps the context keeps the state in it: the next one has another one that is whole.
#[tokio::test]
async fn a_decision_that_keeps_the_context_does_no_harm() {
    use limits::{CeilingKey, HOARDED, Hoard, PurseKey, SetCeiling};
    let (dynamo, app) = start().await;
    let other = bank::app(dynamo.event_store()).unwrap();
    let (purse, ceiling) = (PurseKey::new(&bank::tenant(), "1"), CeilingKey::new(&bank::tenant(), "1"));
    let mut spent = 0;
    for cents in [10, 20, 30] {
        // Behind another process, so that the decision is made twice.
        app.execute(&ceiling, SetCeiling(cents - 1)).await.unwrap();
        other.execute(&ceiling, SetCeiling(cents)).await.unwrap();
        app.transaction().execute(&purse, Hoard(ceiling.clone())).unchanged(&ceiling).await.unwrap();
        spent += cents;
        assert_eq!(app.load(&purse).await.unwrap().state.spent, spent);
        assert_eq!(app.load(&ceiling).await.unwrap().state.cents, cents);
    }
    let hoarded = HOARDED.lock().unwrap();
    let seen: Vec<_> = hoarded.iter().map(|context| context.state(&ceiling).unwrap().cents).collect();
    assert_eq!(seen, [9, 10, 19, 20, 29, 30]);
}

/// A store that knows no transactions.
/// The command lets nobody look into it, and what it was decided beside is not known when it comes again.
#[tokio::test]
async fn a_decision_on_another_stream_is_not_repeated_under_its_id() {
    use limits::{CeilingKey, PurseKey, SetCeiling, Spend};
    let (dynamo, app) = start().await;
    let (purse, ceiling) = (PurseKey::new(&bank::tenant(), "1"), CeilingKey::new(&bank::tenant(), "1"));
    app.execute(&ceiling, SetCeiling(10)).await.unwrap();
    for app in [app.clone(), app, bank::app(dynamo.event_store()).unwrap()] {
        let spend = app.transaction().execute(&purse, Spend(6, ceiling.clone())).unchanged(&ceiling);
        let done = spend.command_id("spend-1").await.unwrap();
        assert_eq!(done.of(&purse).unwrap().version, Version::new(1));
    }
}

struct Plain(MemoryEventStore);

impl EventStore for Plain {
    async fn append(&self, commit: NewCommit<'_>) -> Result<Append, StoreError> {
        self.0.append(commit).await
    }

    async fn read(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
    ) -> Result<CommitPage, StoreError> {
        self.0.read(stream, after, until).await
    }

    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        self.0.scan(extent, after).await
    }
}

#[tokio::test]
async fn a_store_without_transactions_reports_it() {
    let memory = MemoryEventStore::new();
    let stores = cqrs_core::app::Stores::new(Plain(memory.clone()), memory.delivery());
    let app = bank::app(stores).unwrap();
    let (from, to) = (account(&app, "1", 100).await, account(&app, "2", 0).await);
    let error =
        app.transaction().execute(&from, Withdraw { cents: 1 }).execute(&to, deposit(1)).await.unwrap_err();
    let TransactionError::Store { source, .. } = error else { panic!("{error:?}") };
    let reason = source.to_string();
    assert!(reason.contains("implement `EventStore::append_all`"), "{reason}");
    // One commit needs none.
    app.transaction().execute(&from, Withdraw { cents: 1 }).await.unwrap();
    let account: Account = app.load(&from).await.unwrap().state;
    assert_eq!(account.balance, 99);
}

/// A store that has rules of its own for keys, and refuses the first transaction.
struct Strict(MemoryEventStore, AtomicBool);

impl EventStore for Strict {
    async fn append(&self, commit: NewCommit<'_>) -> Result<Append, StoreError> {
        self.0.append(commit).await
    }

    async fn append_all(&self, commits: NewCommits<'_>) -> Result<AppendAll, StoreError> {
        if !self.1.swap(true, Ordering::Relaxed) {
            return Err(StoreError::Key(bank::account("").stream().unwrap_err()));
        }
        self.0.append_all(commits).await
    }

    async fn read(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
    ) -> Result<CommitPage, StoreError> {
        self.0.read(stream, after, until).await
    }

    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        self.0.scan(extent, after).await
    }
}

/// Nothing of what a store refuses for a key's sake is left in memory.
#[tokio::test]
async fn a_key_that_the_store_refuses_leaves_the_states_as_they_are() {
    let memory = MemoryEventStore::new();
    let strict = Strict(memory.clone(), AtomicBool::new(false));
    let app = bank::app(cqrs_core::app::Stores::new(strict, memory.delivery())).unwrap();
    let (from, to) = (account(&app, "1", 100).await, account(&app, "2", 0).await);
    let transfer = || app.transaction().execute(&from, Withdraw { cents: 60 }).execute(&to, deposit(60));
    let error = transfer().await.unwrap_err();
    assert!(matches!(error, TransactionError::Key(_)), "{error:?}");
    transfer().await.unwrap();
    assert_eq!((balance(&app, &from).await, balance(&app, &to).await), ((3, 40), (2, 60)));
}
