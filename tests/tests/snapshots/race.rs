//! Two processes at one stream: commits, snapshots and loads in any order.

use cqrs_core::app::Settings;
use cqrs_core::prelude::*;
use cqrs_core::snapshot::MemorySnapshotStore;
use cqrs_dynamo::Dynamo;

use crate::ledger::every_4::key;
use crate::ledger::{Book, apart, stored};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_processes_agree_with_the_full_fold() {
    race(apart).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_processes_agree_with_the_full_fold_where_commits_carry_states() {
    race(|_| {}).await;
}

async fn race(place: fn(&mut Settings)) {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = || {
        App::builder(dynamo.event_store())
            .snapshots(dynamo.snapshots())
            .settings(|settings| {
                place(settings);
                // Which of the two is faster is for the machine to say.
                settings.conflict.attempts = u32::MAX;
            })
            .only([])
            .build()
            .unwrap()
    };
    let apps = [app(), app()];
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..6i64 {
        let app = apps[usize::try_from(task).unwrap() % 2].clone();
        tasks.spawn(async move {
            for number in 0..25 {
                app.execute(&key("1"), Book(vec![task]))
                    .command_id(format!("{task}-{number}"))
                    .await
                    .unwrap();
                let loaded = app.load(&key("1")).await.unwrap();
                // One event a commit: a state that has lost or doubled one shows it at any version.
                assert_eq!(loaded.state.booked, loaded.version.get());
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    let bare =
        App::builder(dynamo.event_store()).snapshots(MemorySnapshotStore::new()).settings(apart).only([]);
    let full = bare.build().unwrap().load(&key("1")).await.unwrap();
    assert_eq!((full.version.get(), full.state.booked), (150, 150));
    for app in [&apps[0], &apps[1], &app()] {
        assert_eq!(app.load(&key("1")).await.unwrap(), full);
    }
    match stored(&dynamo.snapshots(), &key("1")).await {
        Some(snapshot) => assert!(snapshot.version >= Version::new(148), "{snapshot:?}"),
        None => {
            let before = dynamo.cost();
            app().load(&key("1")).await.unwrap();
            assert!((dynamo.cost() - before).requests <= 3);
        }
    }
}
