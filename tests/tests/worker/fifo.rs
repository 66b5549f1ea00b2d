//! A FIFO topic: the commits of a stream are a group, and stay in order.

use cqrs_dynamo::Broker;

use crate::office::{ATTEMPTS, CLERK, Office};

async fn office() -> Office {
    let broker: Broker = crate::emulator().broker().fifo(true);
    let office = Office::with(broker, &[CLERK]).await;
    assert!(office.topic.arn.ends_with("events.fifo"), "{}", office.topic.arn);
    office
}

impl Office {
    /// The book's entries of one account.
    fn entries(&self, account: &str) -> Vec<String> {
        let prefix = format!("{account}:");
        self.desk.book().into_iter().filter(|entry| entry.starts_with(&prefix)).collect()
    }
}

#[tokio::test]
async fn every_stream_is_taken_in_its_order_and_a_commit_published_twice_comes_once() {
    let office = office().await;
    let one = office.deposit("1", [""; 24]).await;
    let two = office.deposit("2", [""; 24]).await;
    for (one, two) in one.iter().zip(&two) {
        office.publish(&[one.clone(), two.clone(), one.clone()]).await;
    }
    let worked = office.worker().settings(|settings| settings.batches = 8).run_until_idle().await.unwrap();
    assert_eq!((worked.done, worked.dead), (48, 0));
    for account in ["1", "2"] {
        let expected: Vec<_> = (2..26).map(|version| format!("{account}:{version}")).collect();
        assert_eq!(office.entries(account), expected);
    }
}

/// How many deposits two workers entered for the first time before an earlier one of their stream, of 300 in 15 streams.
async fn early(office: &Office) -> usize {
    let mut waiting = Vec::new();
    for account in 0..15 {
        waiting.push(office.deposit(&account.to_string(), [""; 20]).await);
    }
    for nth in 0..20 {
        for commits in &waiting {
            office.publish(std::slice::from_ref(&commits[nth])).await;
        }
    }
    let worker = office.worker().settings(|settings| settings.batches = 4);
    let (one, other) = tokio::join!(worker.run_until_idle(), worker.run_until_idle());
    // What both have received at the same moment is done twice.
    assert!(one.unwrap().done + other.unwrap().done >= 300);
    let mut early = 0;
    for account in 0..15 {
        let mut versions: Vec<u64> = Vec::new();
        for entry in office.entries(&account.to_string()) {
            let version = entry.split(':').next_back().unwrap().parse().unwrap();
            if !versions.contains(&version) {
                versions.push(version);
            }
        }
        assert_eq!(versions.len(), 20);
        let behind = |(place, version): (usize, &u64)| versions[place..].iter().any(|later| later < version);
        early += versions.iter().enumerate().filter(|entry| behind(*entry)).count();
    }
    early
}

#[tokio::test]
async fn two_workers_keep_the_order_of_every_stream() {
    assert_eq!(early(&office().await).await, 0);
}

/// The effect of a standard topic on the order:
/// `cargo test -p cqrs-tests --test worker -- --ignored --nocapture early`.
#[tokio::test]
#[ignore = "a figure for the documentation, and no promise"]
async fn early_on_a_standard_topic() {
    for _ in 0..3 {
        println!("{} of 300 before an earlier one", early(&Office::new().await).await);
    }
}

#[tokio::test]
async fn a_commit_that_fails_holds_its_group_and_no_other() {
    let office = office().await;
    office.desk.fail("smudged", false);
    let mut notes = [""; 14];
    notes[2] = "smudged";
    office.publish(&office.deposit("1", notes).await).await;
    office.publish(&office.deposit("2", ["", ""]).await).await;
    office.worker().run_until_idle().await.unwrap();
    assert_eq!(office.entries("1"), ["1:2", "1:3"]);
    assert_eq!(office.entries("2"), ["2:2", "2:3"]);
    let tried = office.desk.tried().iter().filter(|entry| *entry == "1:4").count();
    assert_eq!(tried, ATTEMPTS as usize);
    assert_eq!(office.backlog().await, 0);

    // The first of them has the reason; the others are behind it, ten at most to be seen at once.
    let told = office.letters_told().await;
    assert_eq!((told.len(), told[0].as_str()), (10, "1:4 the clerk cannot read `smudged`"));
    assert!(told[1].starts_with("1:5 waits behind"), "{told:?}");

    // A redrive that fails, even for another reason, leaves all of them as they are.
    office.desk.fail("smudged", true);
    let redriven = office.letters().redrive(CLERK).await.unwrap();
    assert_eq!(redriven.done, 0);
    assert_eq!(office.letters_told().await, told);
    assert_eq!(office.entries("1").len(), 2);

    office.desk.repair();
    let redriven = office.letters().redrive(CLERK).await.unwrap();
    assert_eq!((redriven.done, redriven.left), (12, 0));
    let expected: Vec<_> = (2..16).map(|version| format!("1:{version}")).collect();
    assert_eq!(office.entries("1"), expected);
    assert!(office.letters_told().await.is_empty());
}

#[tokio::test]
async fn what_is_no_commit_becomes_a_dead_letter_of_its_group() {
    let office = office().await;
    let request = office.broker.sqs().send_message().queue_url(office.url()).message_body("hello");
    request.message_group_id("strangers").message_deduplication_id("1").send().await.unwrap();
    office.publish(&office.deposit("1", [""]).await).await;
    let worked = office.worker().run_until_idle().await.unwrap();
    assert_eq!((worked.done, worked.dead), (1, 1));
    let letters = office.letters().of(CLERK).await.unwrap();
    assert_eq!((letters.len(), letters[0].record.as_str()), (1, Some("hello")));
    office.letters().discard(&letters[0].id, "a joke").await.unwrap();
    assert!(office.letters_told().await.is_empty());
}
