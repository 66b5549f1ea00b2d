//! Dead letters: looked at, redriven in order, discarded.

use cqrs_dynamo::BrokerError;

use crate::office::Office;

const WAITS: &str = "waits behind an earlier commit of its stream";

/// An office with account 1 stuck at its second deposit of four, and account 2 at its first of two.
async fn stuck() -> Office {
    let office = Office::new().await;
    office.desk.fail("smudged", true);
    office.desk.fail("torn", true);
    let one = office.deposit("1", ["", "smudged", "", "torn"]).await;
    let two = office.deposit("2", ["smudged", ""]).await;
    // As a standard queue may bring them: its batches are in order by chance.
    office.publish(&one).await;
    office.publish(&two).await;
    office.worker().run_until_idle().await.unwrap();
    assert_eq!(office.desk.book(), ["1:2"]);
    office
}

#[tokio::test]
async fn dead_letters_are_listed_in_the_order_of_their_streams_and_stay() {
    let office = stuck().await;
    for receives in 1..=2 {
        let letters = office.letters().await.list().await.unwrap();
        let places: Vec<_> = letters
            .iter()
            .map(|letter| crate::office::place(letter.stream.as_ref().unwrap(), letter.version.unwrap()))
            .collect();
        assert_eq!(places, ["1:3", "1:4", "1:5", "2:2", "2:3"]);
        for letter in letters {
            assert_eq!(letter.types, ["Deposited"]);
            assert_eq!(letter.receives, receives, "handed back after each look");
        }
    }
}

#[tokio::test]
async fn a_redrive_after_the_repair_goes_in_the_order_of_each_stream() {
    let office = stuck().await;
    office.desk.repair();
    let redriven = office.letters().await.redrive().await.unwrap();
    assert_eq!((redriven.done, redriven.left), (5, 0));
    let book = office.desk.book();
    let of =
        |account: &str| book.iter().filter(|entry| entry.starts_with(account)).cloned().collect::<Vec<_>>();
    assert_eq!(of("1"), ["1:2", "1:3", "1:4", "1:5"]);
    assert_eq!(of("2"), ["2:2", "2:3"]);
    assert!(office.letters_told().await.is_empty());

    // The streams flow again.
    let key = cqrs_tests::bank::account("1");
    let commit = {
        office.app.execute(&key, cqrs_tests::bank::deposit(1)).await.unwrap();
        office.commit("1", 6).await
    };
    office.publish(&[commit]).await;
    assert_eq!(office.worker().run_until_idle().await.unwrap().done, 1);
}

#[tokio::test]
async fn a_redrive_stops_a_stream_at_its_first_failure_and_tells_the_new_reason() {
    let office = stuck().await;
    office.desk.repair();
    office.desk.fail("torn", false);
    let redriven = office.letters().await.redrive().await.unwrap();
    assert_eq!((redriven.done, redriven.left), (4, 1));
    assert_eq!(office.letters_told().await, ["1:5 the clerk cannot read `torn`"]);

    // What comes now waits, and the next redrive takes all of it.
    office.app.execute(&cqrs_tests::bank::account("1"), cqrs_tests::bank::deposit(1)).await.unwrap();
    office.publish(&[office.commit("1", 6).await]).await;
    office.worker().run_until_idle().await.unwrap();
    assert_eq!(
        office.letters_told().await,
        ["1:5 the clerk cannot read `torn`".to_owned(), format!("1:6 {WAITS}")]
    );
    office.desk.repair();
    assert_eq!(office.letters().await.redrive().await.unwrap().done, 2);
    assert_eq!(office.desk.book().iter().rev().take(2).collect::<Vec<_>>(), ["1:6", "1:5"]);
}

#[tokio::test]
async fn a_redrive_that_fails_at_once_changes_nothing() {
    let office = stuck().await;
    let before = office.letters_told().await;
    let redriven = office.letters().await.redrive().await.unwrap();
    assert_eq!((redriven.done, redriven.left), (0, 5));
    assert_eq!(office.letters_told().await, before);
    assert_eq!(office.desk.book(), ["1:2"]);
}

#[tokio::test]
async fn what_is_no_commit_stays_through_a_redrive_and_can_be_discarded() {
    let office = Office::new().await;
    office.send("hello").await;
    office.worker().run_until_idle().await.unwrap();
    let letters = office.letters().await;
    assert_eq!(letters.redrive().await.unwrap().left, 1);
    let listed = letters.list().await.unwrap();
    assert_eq!((listed.len(), listed[0].body.as_str(), listed[0].version), (1, "hello", None));
    letters.discard(&listed[0].id, "a joke").await.unwrap();
    assert!(letters.list().await.unwrap().is_empty());
    let error = letters.discard(&listed[0].id, "a joke").await.unwrap_err();
    assert!(matches!(error, BrokerError::NoSuchLetter { .. }), "{error}");
}

#[tokio::test]
async fn a_stream_flows_again_when_its_only_dead_letter_is_discarded() {
    let office = Office::new().await;
    office.desk.fail("forged", true);
    office.publish(&office.deposit("1", ["forged"]).await).await;
    office.publish(&office.deposit("2", ["forged"]).await).await;
    office.worker().run_until_idle().await.unwrap();
    let letters = office.letters().await;
    let listed = letters.list().await.unwrap();
    letters.discard(&listed[0].id, "it is a forgery").await.unwrap();
    assert_eq!(office.letters_told().await, ["2:2 the clerk refuses `forged`"], "the other one stays");

    for account in ["1", "2"] {
        let key = cqrs_tests::bank::account(account);
        office.app.execute(&key, cqrs_tests::bank::deposit(1)).await.unwrap();
        office.publish(&[office.commit(account, 3).await]).await;
    }
    let worked = office.worker().run_until_idle().await.unwrap();
    assert_eq!((worked.done, worked.dead), (1, 1));
    assert_eq!(office.desk.book(), ["1:3"]);
}

#[tokio::test]
async fn more_dead_letters_than_one_receive_brings_are_redriven_in_order() {
    let office = Office::new().await;
    office.desk.fail("smudged", true);
    let mut notes = [""; 64];
    notes[0] = "smudged";
    office.publish(&office.deposit("1", notes).await).await;
    office.worker().run_until_idle().await.unwrap();
    assert_eq!(office.letters().await.list().await.unwrap().len(), 64);
    let redriven = office.letters().await.redrive().await.unwrap();
    assert_eq!((redriven.done, redriven.left), (0, 64));
    assert_eq!(office.desk.tried(), ["1:2", "1:2"], "the first letter alone is tried");
    office.desk.repair();
    assert_eq!(office.letters().await.redrive().await.unwrap().done, 64);
    let expected: Vec<_> = (2..66).map(|version| format!("1:{version}")).collect();
    assert_eq!(office.desk.book(), expected);
}
