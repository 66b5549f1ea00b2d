//! A view across aggregates whose fold has changed: what its old and its new release report about themselves.

use cqrs_core::app::Build;
use cqrs_core::replay::{Phase, Replayed};
use cqrs_core::view::{ViewId, ViewStore, Write};
use cqrs_tests::bank::{Deposit, Opened};
use cqrs_tests::faults::{Fault, Faults, database};

use crate::*;

const HOUR: Duration = Duration::from_hours(1);

mod first {
    use super::*;

    #[projection(key(owner: String), name = "first", view = "OWNER")]
    #[derive(Debug, Default, PartialEq)]
    pub(crate) struct Owner {
        accounts: u64,
    }

    #[projection(key(owner))]
    impl Owner {
        #[apply]
        fn opened(&mut self, _: &Opened) {
            self.accounts += 1;
        }
    }
}

mod second {
    use super::*;

    #[projection(key(owner: String), name = "second", view = "OWNER")]
    #[derive(Debug, Default, PartialEq)]
    pub(crate) struct Owner {
        accounts: u64,
        twice: u64,
    }

    #[projection(key(owner))]
    impl Owner {
        #[apply]
        fn opened(&mut self, _: &Opened) {
            self.accounts += 1;
            self.twice += 2;
        }
    }
}

impl Stores {
    /// A process of a release, which builds its views by itself or when it is told to, and waits this long for silent
    /// releases, divided by five.
    fn release(&self, name: &str, rebuild: bool, release_poll: Duration) -> App {
        let built = App::builder(self.stores()).only([name]).settings(|settings| {
            settings.poll = Duration::from_millis(1);
            settings.release_poll = release_poll;
            settings.rebuild = rebuild;
        });
        built.build().unwrap()
    }
}

async fn build(app: &App) -> Build {
    app.projections().await.unwrap().remove(0).build
}

#[tokio::test]
async fn a_release_tells_how_far_its_views_are() {
    for stores in Stores::all().await {
        let first = stores.release("first", true, HOUR);
        open(&first, "1").await;
        open(&first, "2").await;
        first.run_until_idle().await.unwrap();
        assert_eq!(build(&first).await, Build::Whole);

        let second = stores.release("second", false, HOUR);
        let missing = build(&second).await;
        assert!(matches!(missing, Build::Unsettled { since: None, .. }), "{missing:?}");
        assert_ne!(state(&second, "second").await.fold, state(&first, "first").await.fold);

        // It follows the streams from now on, and what was there before is built by a replay.
        second.run_until_idle().await.unwrap();
        let building = build(&second).await;
        let Build::Building { phase, tenant, done, .. } = &building else { panic!("{building:?}") };
        assert_eq!((*phase, tenant, *done), (Phase::Fold, &None, Replayed::default()));
        assert_eq!(build(&first).await, Build::Whole, "it has views of its own");
        second.replay::<second::Owner>().await.unwrap();
        assert_eq!(build(&second).await, Build::Whole);

        // A silent release gets no commits any more, until it comes back and builds its views anew.
        let told = Timestamp::now();
        while Timestamp::now() <= told {
            tokio::task::yield_now().await;
        }
        let second = stores.release("second", true, Duration::ZERO);
        open(&second, "3").await;
        open(&second, "4").await;
        second.run_until_idle().await.unwrap();
        let behind = build(&first).await;
        assert!(matches!(behind, Build::Behind { since: Some(_), .. }), "{behind:?}");
        assert_eq!(build(&second).await, Build::Whole);
        first.run_until_idle().await.unwrap();
        assert_eq!(build(&first).await, Build::Whole);
    }
}

#[tokio::test]
async fn a_building_that_was_interrupted_shows_how_far_it_is() {
    let (database, dynamo) = database().await;
    let stores = Stores::of(&dynamo);
    let first = stores.release("first", true, HOUR);
    for number in 0..30 {
        let key = bank::account(&number.to_string());
        first.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
        first.execute(&key, Deposit { cents: 1, note: "x".repeat(60_000) }).await.unwrap();
    }
    first.run_until_idle().await.unwrap();
    let second = stores.release("second", false, HOUR);
    second.run_until_idle().await.unwrap();

    // The second page of the events table.
    let faults = Faults::new(&database, |call| match call.operation.as_str() {
        "Scan" if call.is_for("events") && call.body.contains("ExclusiveStartKey") => {
            Fault::Answer(400, "ValidationException")
        }
        _ => Fault::None,
    });
    let broken = Stores::of(&faults.dynamo_without_retries()).release("second", false, HOUR);
    broken.replay::<second::Owner>().await.unwrap_err();
    let building = build(&second).await;
    let Build::Building { phase, done, total, .. } = &building else { panic!("{building:?}") };
    assert_eq!((*phase, *total), (Phase::Fold, Some(60)));
    assert!((1..60).contains(&done.commits) && done.streams > 0, "{done:?}");
    let printed = json!({ "state": "building", "phase": "fold", "tenant": null, "done": done, "total": 60 });
    assert_eq!(serde_json::to_value(&building).unwrap(), printed);
    second.replay::<second::Owner>().await.unwrap();
    assert_eq!(build(&second).await, Build::Whole);
}

/// Its mark is that of the projection, whichever release made it.
#[tokio::test]
async fn a_release_that_nothing_was_delivered_to_is_unsettled() {
    for stores in Stores::all().await {
        let app = stores.app(&["Wealth"]);
        open(&app, "1").await;
        app.run_until_idle().await.unwrap();
        assert_eq!(build(&app).await, Build::Whole);
        match &stores {
            Stores::Memory(_, views) => refold(views).await,
            Stores::Dynamo(_, views) => refold(views).await,
        }
        let build = build(&stores.app(&["Wealth"])).await;
        assert!(matches!(build, Build::Unsettled { since: None, .. }), "{build:?}");
    }
}

/// Makes the views those of another fold.
async fn refold(views: &impl ViewStore) {
    let mut record = views.get(&ViewId::new("@WEALTH", "@")).await.unwrap().unwrap();
    let before = record.revision();
    record.version = record.version.next();
    record.data["fold"] = json!("0123456789abcdef");
    assert_eq!(views.put(&record, before).await.unwrap(), Write::Done);
}
