//! The events table is restored to an earlier point, while messages are on their way.

use std::collections::BTreeSet;
use std::time::Duration;

use cqrs_core::delivery::DeadLetters;
use cqrs_core::prelude::*;
use cqrs_dynamo::DeadLetterQueues;
use cqrs_tests::bank::{self, Open, Statement, Wealth, WealthKey, deposit};
use cqrs_tests::raw;

use crate::office::{CLERK, Office, app, worker};

const ACCOUNTS: [&str; 5] = ["0", "1", "2", "3", "4"];
const QUEUES: [&str; 3] = [CLERK, "Statement", "Wealth"];

/// The accounts whose statements are not what the store says, and the owners whose wealth is not.
async fn wrong(office: &Office, app: &App) -> BTreeSet<String> {
    let mut wrong = BTreeSet::new();
    for account in ACCOUNTS {
        let key = bank::account(account);
        let state = app.load(&key).await.unwrap().state;
        let statement = app.view::<Statement>(&key).await.unwrap().unwrap_or_default();
        let all = office.commits(account, 1, u64::MAX).await;
        let events = all.iter().flat_map(|commit| &commit.events);
        let cents = events.filter_map(|event| event.data.get("cents")?.as_i64());
        if statement.lines != cents.collect::<Vec<_>>() {
            wrong.insert(account.to_owned());
        }
        // Every account has an owner of its own, and another one after the restore.
        for owner in [format!("owner {account}"), format!("heir {account}")] {
            let wealth = app.view::<Wealth>(&WealthKey::new(&bank::tenant(), owner.as_str())).await.unwrap();
            let cents = if state.owner == owner { state.balance } else { 0 };
            if wealth.unwrap_or_default().cents != cents {
                wrong.insert(owner);
            }
        }
    }
    wrong
}

#[tokio::test]
async fn nothing_wrong_stays_silent_and_one_call_brings_all_back() {
    for seed in 0..4 {
        let mut random = fastrand::Rng::with_seed(seed);
        let office = Office::with(crate::emulator().broker(), &QUEUES).await;
        for account in ACCOUNTS {
            office
                .app
                .execute(&bank::account(account), Open { owner: format!("owner {account}") })
                .await
                .unwrap();
            for cents in 1..=random.u64(1..5) {
                office.app.execute(&bank::account(account), deposit(cents)).await.unwrap();
            }
            // The last one is still on its way.
            let mut all = office.commits(account, 1, u64::MAX).await;
            let last = all.pop();
            office.publish(&all).await;
            office.worker().run_until_idle().await.unwrap();
            office.publish(last.as_slice()).await;
        }
        let now = app(&office.dynamo, &office.desk, &QUEUES);
        for account in ACCOUNTS {
            let key = bank::account(account);
            let kept = random.usize(..=office.commits(account, 1, u64::MAX).await.len());
            raw::take_back(&office.dynamo, &key, kept).await;
            if kept == 0 {
                now.execute(&key, Open { owner: format!("heir {account}") }).await.unwrap();
            }
            for number in 0..random.u64(..4) {
                now.execute(&key, deposit(1_000 + number)).await.unwrap();
            }
            let mut new = office.commits(account, 1, u64::MAX).await.split_off(kept);
            random.shuffle(&mut new);
            office.publish(&new).await;
        }
        worker(&office.broker, &now).run_until_idle().await.unwrap();

        let letters = DeadLetters::new(DeadLetterQueues::new(&office.broker, &now).wait(Duration::ZERO));
        // Every stream of a dead letter says so; what has no letter and met a new commit is right.
        let mut told = BTreeSet::new();
        for queue in ["Statement", "Wealth"] {
            for letter in letters.of(queue).await.unwrap() {
                let reason = &letter.reason;
                assert!(reason.contains("restored") || reason.contains("waits behind"), "{reason}");
                told.insert((
                    queue,
                    letter.id.place().unwrap().0.sk().trim_start_matches("ACCOUNT#").to_owned(),
                ));
            }
        }
        for account in wrong(&office, &now).await {
            let met = office
                .commits(&account, 1, u64::MAX)
                .await
                .iter()
                .any(|commit| commit.events[0].data["cents"] == 1_000);
            let account_of = account.split(' ').next_back().unwrap_or(&account).to_owned();
            let queue = if account.contains(' ') { "Wealth" } else { "Statement" };
            assert!(
                !met || told.contains(&(queue, account_of)),
                "seed {seed}: {account} is wrong, and nobody says so"
            );
        }

        now.after_restore().await.unwrap();
        assert_eq!(wrong(&office, &now).await, BTreeSet::new(), "seed {seed}");
        for queue in QUEUES {
            letters.redrive(queue).await.unwrap();
        }
        assert_eq!(wrong(&office, &now).await, BTreeSet::new(), "seed {seed}, redriven");
        let entered: BTreeSet<_> = office.desk.book().into_iter().collect();
        for account in ACCOUNTS {
            let all = office.commits(account, 1, u64::MAX).await;
            let deposits = all.iter().filter(|commit| commit.events[0].name == "Deposited");
            for commit in deposits {
                assert!(
                    entered.contains(&crate::office::place(&commit.stream, commit.version)),
                    "seed {seed}"
                );
            }
        }
    }
}
