//! Dead letters: listed, redriven in order, discarded.

use std::time::Duration;

use cqrs_core::delivery::{DeadLetter, DeadLetterStore, DeadLetters, LetterId, Redriven};
use cqrs_dynamo::BrokerError;
use cqrs_tests::bank::{self, Statement};
use serde_json::json;

use crate::office::{CLERK, Office};

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

/// By stream and version; which stream comes first is not promised.
fn in_order(mut letters: Vec<DeadLetter>) -> Vec<DeadLetter> {
    letters.sort_by(|one, other| one.id.cmp(&other.id));
    letters
}

/// The steps of an operator, wherever the letters are: discard the first, and redrive the others after a repair.
async fn operate<S: DeadLetterStore>(office: &Office, letters: &DeadLetters<S>) -> (Vec<LetterId>, Redriven) {
    assert!(letters.names().iter().any(|name| name == CLERK));
    let found = in_order(letters.of(CLERK).await.unwrap());
    assert_eq!(letters.list().await.unwrap().len(), found.len());
    assert_eq!(found[0].reason, "the clerk refuses `smudged`");
    letters.discard(&found[0].id, "nobody can read it").await.unwrap();
    office.desk.repair();
    let redriven = letters.redrive(CLERK).await.unwrap();
    office.desk.fail("smudged", true);
    assert_eq!(letters.of(CLERK).await.unwrap(), []);
    (found.into_iter().map(|letter| letter.id).collect(), redriven)
}

#[tokio::test]
async fn letters_of_a_queue_and_of_a_subscriber_are_addressed_and_worked_on_alike() {
    let office = stuck().await;
    // The clerk's queue has the clerk's name.
    office.app.run_until_idle().await.unwrap();
    let (queued, stored) = (office.letters(), office.app.dead_letters());
    let told = |letters| {
        let letters = in_order(letters).into_iter();
        letters.map(|letter| (letter.types().join(" "), letter.id, letter.record)).collect::<Vec<_>>()
    };
    let (of_queue, of_subscriber) = (queued.of(CLERK).await.unwrap(), stored.of(CLERK).await.unwrap());
    assert_eq!(told(of_queue), told(of_subscriber));
    let (ids, redriven) = operate(&office, &queued).await;
    assert_eq!((ids.len(), redriven.done, redriven.left), (5, 4, 0));
    assert_eq!(operate(&office, &stored).await, (ids, redriven));
}

#[tokio::test]
async fn dead_letters_are_listed_in_the_order_of_their_streams_and_stay() {
    let office = stuck().await;
    for receives in 1..=2 {
        let letters = office.letters().of(CLERK).await.unwrap();
        let places: Vec<_> = letters
            .iter()
            .map(|letter| {
                letter.id.place().map(|(stream, version)| crate::office::place(&stream, version)).unwrap()
            })
            .collect();
        assert_eq!(places, ["1:3", "1:4", "1:5", "2:2", "2:3"]);
        for letter in letters {
            assert_eq!(letter.types(), ["Deposited"]);
            assert_eq!(letter.attempts, receives, "handed back after each look");
        }
    }
}

#[tokio::test]
async fn a_redrive_after_the_repair_goes_in_the_order_of_each_stream() {
    let office = stuck().await;
    office.desk.repair();
    let redriven = office.letters().redrive(CLERK).await.unwrap();
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
    let redriven = office.letters().redrive(CLERK).await.unwrap();
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
    assert_eq!(office.letters().redrive(CLERK).await.unwrap().done, 2);
    assert_eq!(office.desk.book().iter().rev().take(2).collect::<Vec<_>>(), ["1:6", "1:5"]);
}

#[tokio::test]
async fn a_redrive_that_fails_at_once_changes_nothing() {
    let office = stuck().await;
    let before = office.letters_told().await;
    let redriven = office.letters().redrive(CLERK).await.unwrap();
    assert_eq!((redriven.done, redriven.left), (0, 5));
    assert_eq!(office.letters_told().await, before);
    assert_eq!(office.desk.book(), ["1:2"]);
}

#[tokio::test]
async fn what_is_no_commit_stays_through_a_redrive_and_can_be_discarded() {
    let office = Office::new().await;
    office.send("hello").await;
    office.worker().run_until_idle().await.unwrap();
    let letters = office.letters();
    assert_eq!(letters.redrive(CLERK).await.unwrap().left, 1);
    let listed = letters.of(CLERK).await.unwrap();
    assert_eq!((listed.len(), &listed[0].record, listed[0].id.place()), (1, &json!("hello"), None));
    letters.discard(&listed[0].id, "a joke").await.unwrap();
    assert!(letters.of(CLERK).await.unwrap().is_empty());
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
    let letters = office.letters();
    let listed = letters.of(CLERK).await.unwrap();
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
    assert_eq!(office.letters().of(CLERK).await.unwrap().len(), 64);
    let redriven = office.letters().redrive(CLERK).await.unwrap();
    assert_eq!((redriven.done, redriven.left), (0, 64));
    assert_eq!(office.desk.tried(), ["1:2", "1:2"], "the first letter alone is tried");
    office.desk.repair();
    assert_eq!(office.letters().redrive(CLERK).await.unwrap().done, 64);
    let expected: Vec<_> = (2..66).map(|version| format!("1:{version}")).collect();
    assert_eq!(office.desk.book(), expected);
}

#[tokio::test]
async fn a_view_continues_without_a_dead_letter_that_was_discarded() {
    const STATEMENT: &str = "Statement";
    // No number of this sign has a counterpart: the statement's fold panics.
    const TOO_MUCH: u64 = 1 << 63;
    let office = Office::with(crate::emulator().broker(), &[STATEMENT]).await;
    let key = bank::account("1");
    let mut commits = office.deposit("1", [""]).await.to_vec();
    office.app.execute(&key, bank::deposit(TOO_MUCH)).await.unwrap();
    office.app.execute(&key, bank::Withdraw { cents: TOO_MUCH }).await.unwrap();
    office.app.execute(&key, bank::deposit(5)).await.unwrap();
    for version in 3..=5 {
        commits.push(office.commit("1", version).await);
    }
    office.publish(&commits).await;
    office.worker().run_until_idle().await.unwrap();

    let letters = office.letters();
    let listed = letters.of(STATEMENT).await.unwrap();
    let versions: Vec<_> = listed.iter().map(|letter| letter.id.place().unwrap().1.get()).collect();
    assert_eq!(versions, [4, 5]);
    assert_eq!(letters.redrive(STATEMENT).await.unwrap().done, 0);
    let poison = letters.of(STATEMENT).await.unwrap().remove(0);
    letters.discard(&poison.id, "beyond all measure").await.unwrap();
    let redriven = letters.redrive(STATEMENT).await.unwrap();
    assert_eq!((redriven.done, redriven.left), (1, 0));

    office.app.execute(&key, bank::deposit(6)).await.unwrap();
    office.publish(&[office.commit("1", 6).await]).await;
    assert_eq!(office.worker().run_until_idle().await.unwrap().done, 1);
    let statement = office.app.view::<Statement>(&key).await.unwrap().unwrap();
    assert_eq!(statement.lines, [1, TOO_MUCH.cast_signed(), 5, 6]);
}

/// Dead letters of an older program, as this one finds them when it starts: a letter that it knows, those behind it,
/// and another one that failed for its own reason.
#[tokio::test]
async fn what_an_older_program_did_not_know_continues_by_itself() {
    let office = Office::new().await;
    office.desk.fail("smudged", true);
    let one = office.deposit("1", ["", "", ""]).await;
    office.publish(&office.deposit("2", ["smudged", ""]).await).await;
    office.worker().run_until_idle().await.unwrap();
    let told = "unknown event type `Deposited`: no aggregate of this program applies it; a newer program may have stored it";
    office.put_away(&one[0], told).await;
    office.publish(&one[1..]).await;
    let taken = office.app.consumer("clerk").unwrap();
    assert_eq!(office.desk.book(), [""; 0]);

    // As long as another process is at it, they stay.
    let turn = taken.redrive_turn(Duration::from_secs(600)).await.unwrap().unwrap();
    office.worker().run_until_idle().await.unwrap();
    assert_eq!(office.letters_told().await.len(), 5);
    turn.end().await;

    let worked = office.worker().run_until_idle().await.unwrap();
    assert_eq!((worked.done, worked.dead), (0, 0));
    assert_eq!(office.desk.book(), ["1:2", "1:3", "1:4"]);
    let left = office.letters_told().await;
    assert_eq!(left, ["2:2 the clerk refuses `smudged`".to_owned(), format!("2:3 {WAITS}")]);
    assert_eq!(office.desk.tried().iter().filter(|entry| *entry == "2:2").count(), 1, "it failed for itself");
    office.publish(&office.deposit("3", [""]).await).await;
    office.worker().run_until_idle().await.unwrap();
    assert_eq!(office.desk.book().len(), 4);
}

#[tokio::test]
async fn a_running_worker_redrives_when_it_starts() {
    let office = Office::new().await;
    let [commit] = office.deposit("1", [""]).await;
    office.put_away(&commit, "it is of schema 7; a newer program may have stored it").await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = office.worker();
    let running = worker.run(async {
        let _ = stopped.await;
    });
    let ended = async {
        office.desk.entered(1).await;
        stop.send(()).unwrap();
    };
    let (worked, ()) = tokio::join!(running, ended);
    worked.unwrap();
    assert_eq!(office.desk.book(), ["1:2"]);
}
