//! A stream whose events are spread over more views than one transaction takes.

use std::collections::BTreeMap;

use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::store::Extent;
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::commits::scan;
use cqrs_tests::faults::{self, Fault, Faults};
use futures_util::TryStreamExt;

use crate::world::{all, tenant};

#[event]
pub(crate) struct Tagged {
    pub tag: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct Tag(u32);

#[derive(Debug, Clone)]
pub(crate) struct TagMany(u32);

#[aggregate(entity = "ARTICLE")]
#[derive(Debug, Default)]
pub(crate) struct Article {
    count: u64,
}

#[aggregate]
impl Article {
    #[command]
    fn tag(&self, command: Tag) -> Result<Tagged, std::convert::Infallible> {
        Ok(Tagged { tag: command.0 })
    }

    #[command]
    fn tag_many(&self, command: TagMany) -> Result<Vec<Tagged>, std::convert::Infallible> {
        Ok((0..command.0).map(|tag| Tagged { tag }).collect())
    }

    #[apply]
    fn tagged(&mut self, _: &Tagged) {
        self.count += 1;
    }
}

/// How often a tag was given.
#[projection(key(tag: u32))]
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TagCount {
    count: u64,
}

#[projection(key(tag))]
impl TagCount {
    #[apply]
    fn tagged(&mut self, _: &Tagged) {
        self.count += 1;
    }
}

const TAGS: u32 = 130;

fn app(dynamo: &Dynamo) -> App {
    App::builder(dynamo.event_store()).views(dynamo.views()).only(["TagCount"]).build().unwrap()
}

/// One article with a commit for each tag, and another one with some of them.
async fn tagged() -> (Embedded, Dynamo) {
    let (database, dynamo) = faults::database().await;
    let app = app(&dynamo);
    for tag in 0..TAGS {
        app.execute(&ArticleKey::new(&tenant("NORTH"), "1"), Tag(tag)).await.unwrap();
    }
    for tag in 0..5 {
        app.execute(&ArticleKey::new(&tenant("NORTH"), "2"), Tag(tag)).await.unwrap();
    }
    (database, dynamo)
}

async fn counts(app: &App) -> BTreeMap<u32, u64> {
    let found = app.views::<TagCount>(&tenant("NORTH")).map_ok(|found| (found.key.tag(), found.view.count));
    found.try_collect().await.unwrap()
}

fn expected() -> BTreeMap<u32, u64> {
    (0..TAGS).map(|tag| (tag, if tag < 5 { 2 } else { 1 })).collect()
}

/// All but the last commit are lost, and what they change does not fit into one transaction.
#[tokio::test]
async fn a_gap_of_any_width_is_healed() {
    let (_, dynamo) = tagged().await;
    let app = app(&dynamo);
    let commits = scan(&dynamo.event_store(), &Extent::Partition("NORTH#ARTICLE".into())).await;
    let consumer = app.consumer("TagCount").unwrap();
    for id in ["ARTICLE#1", "ARTICLE#2"] {
        let last = commits.iter().rfind(|commit| commit.stream.sk() == id).unwrap();
        let received = Received::new(Message::of(&app, last).body);
        assert_eq!(consumer.take(&[received]).await, [Verdict::Done]);
    }
    assert_eq!(counts(&app).await, expected());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_that_goes_into_many_views_is_replayed_in_steps_and_from_any_of_them() {
    let mut runs = tokio::task::JoinSet::new();
    for at in (0..16).chain((16..400).step_by(29)) {
        runs.spawn(async move {
            let (database, dynamo) = tagged().await;
            let consumer = app(&dynamo);
            consumer.run_until_idle().await.unwrap();
            let faults = Faults::new(&database, move |call| {
                if call.number == at { Fault::Answer(500, "InternalServerError") } else { Fault::None }
            });
            let replayer = app(&faults.dynamo_without_retries());
            if let Err(error) = replayer.replay::<TagCount>().parallel(1).await {
                assert!(error.is_transient(), "{error:?}");
            }
            // A commit to a stream with which the replay is not through.
            let mut expected = expected();
            for (article, tag) in [("1", 7), ("1", 1000), ("2", 8)] {
                consumer.execute(&ArticleKey::new(&tenant("NORTH"), article), Tag(tag)).await.unwrap();
                *expected.entry(tag).or_default() += 1;
            }
            consumer.run_until_idle().await.unwrap();
            assert_eq!(counts(&consumer).await, expected, "failed at {at}");
            app(&dynamo).replay::<TagCount>().await.unwrap();
            assert_eq!(counts(&consumer).await, expected, "failed at {at}");
            let left = all(&dynamo.views(), &Extent::Segment { number: 0, of: 1 }).await;
            assert!(left.iter().all(|view| !view.id.pk.contains('~')), "failed at {at}");
        });
    }
    while let Some(ended) = runs.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test]
async fn one_commit_may_change_as_many_views_as_a_transaction_takes() {
    let (_, dynamo) = faults::database().await;
    let app = app(&dynamo);
    app.execute(&ArticleKey::new(&tenant("NORTH"), "1"), TagMany(99)).await.unwrap();
    app.run_until_idle().await.unwrap();
    assert_eq!(counts(&app).await.len(), 99);
    app.replay::<TagCount>().await.unwrap();
    assert_eq!(counts(&app).await, (0..99).map(|tag| (tag, 1)).collect());
}
