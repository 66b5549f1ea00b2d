//! A projection that is new behind the queues of old data.

use cqrs_tests::bank::{self, Statement, Wealth};

use crate::office::{Office, app, worker};
use crate::told::Told;

const LINE: &str = "a projection needs a replay";

#[tokio::test]
async fn a_worker_says_that_a_new_projection_has_missed_what_was_there() {
    let (told, _guard) = Told::listen();
    let office = Office::with(crate::emulator().broker(), &["Statement"]).await;
    office.publish(&office.deposit("4711", ["a", "b"]).await).await;
    office.publish(&office.deposit("4712", ["a"]).await).await;
    office.worker().run_until_idle().await.unwrap();
    assert_eq!(told.take(LINE), [] as [&str; 0], "the first one has everything");

    let both = app(&office.dynamo, &office.desk, &["Statement", "Wealth"]);
    office.broker.create(&both).await.unwrap();
    // One account goes on, and the new view catches up with it alone.
    office.publish(&office.next_deposit("4711").await).await;
    worker(&office.broker, &both).run_until_idle().await.unwrap();
    let lines = told.take(LINE);
    assert!(matches!(&lines[..], [line] if line.contains("projection=\"Wealth\"")), "{lines:?}");
    both.replay::<Wealth>().await.unwrap();
    worker(&office.broker, &both).run_until_idle().await.unwrap();
    assert_eq!(told.take(LINE), [] as [&str; 0]);
    assert!(both.view::<Statement>(&bank::account("4712")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_service_says_so_when_its_queues_are_empty() {
    let (told, _guard) = Told::listen();
    let office = Office::with(crate::emulator().broker(), &["Statement"]).await;
    office.deposit("4711", ["a"]).await;
    let worker = office.worker();
    tokio::select! {
        ended = worker.run(std::future::pending()) => panic!("{ended:?}"),
        () = told.hear(LINE) => {}
    }
    let unreplayed = office.app.unreplayed().await.unwrap();
    assert_eq!(unreplayed.iter().map(|one| one.projection).collect::<Vec<_>>(), ["Statement"]);
}
