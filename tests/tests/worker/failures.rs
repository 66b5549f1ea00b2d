//! Handlers that fail: what is tried again, what becomes a dead letter, and what waits behind it.

use aws_sdk_sqs::types::MessageSystemAttributeName;

use crate::office::{ATTEMPTS, Office};

#[tokio::test]
async fn what_fails_is_tried_again_and_then_put_away() {
    let office = Office::new().await;
    office.desk.fail("smudged", false);
    office.publish(&office.deposit("1", ["smudged"]).await).await;
    let worked = office.worker().run_until_idle().await.unwrap();
    assert_eq!((worked.done, worked.returned, worked.dead), (0, u64::from(ATTEMPTS) - 1, 1));
    assert_eq!(office.desk.tried().len(), ATTEMPTS as usize);
    assert_eq!(office.letters_told().await, ["1:2 the clerk cannot read `smudged`"]);
    assert_eq!(office.backlog().await, 0);
}

#[tokio::test]
async fn what_fails_for_a_while_is_done_in_the_end() {
    let office = Office::new().await;
    office.desk.fail("smudged", false);
    office.publish(&office.deposit("1", ["smudged"]).await).await;
    // The receive counts, whichever process received it.
    let received = office
        .broker
        .sqs()
        .receive_message()
        .queue_url(office.url())
        .visibility_timeout(0)
        .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
    assert_eq!(received.send().await.unwrap().messages().len(), 1);
    office.desk.repair();
    assert_eq!(office.worker().run_until_idle().await.unwrap().done, 1);
    assert!(office.letters_told().await.is_empty());
}

#[tokio::test]
async fn another_try_that_is_pointless_is_not_made() {
    let office = Office::new().await;
    office.desk.fail("forged", true);
    office.publish(&office.deposit("1", ["", "forged", ""]).await).await;
    let worked = office.worker().run_until_idle().await.unwrap();
    assert_eq!((worked.done, worked.returned, worked.dead), (1, 0, 2));
    assert_eq!(office.desk.tried(), ["1:2", "1:3"]);
}

#[tokio::test]
async fn a_batch_is_done_in_part() {
    let office = Office::new().await;
    office.desk.fail("smudged", false);
    for account in 0..9 {
        let note = if account % 3 == 0 { "smudged" } else { "" };
        office.publish(&office.deposit(&account.to_string(), [note]).await).await;
    }
    let worked = office.worker().run_until_idle().await.unwrap();
    assert_eq!((worked.done, worked.dead), (6, 3));
    assert_eq!(office.desk.sorted_book(), ["1:2", "2:2", "4:2", "5:2", "7:2", "8:2"], "each of them once");
    assert_eq!(office.desk.tried().len(), 6 + 3 * ATTEMPTS as usize);
}

#[tokio::test]
async fn later_commits_of_the_stream_wait_behind_a_dead_letter_and_other_streams_flow_on() {
    let office = Office::new().await;
    office.desk.fail("smudged", false);
    let [first, smudged, third, fourth] = office.deposit("1", ["", "smudged", "", ""]).await;
    office.publish(&[first, smudged, third]).await;
    office.publish(&office.deposit("2", [""]).await).await;
    office.worker().run_until_idle().await.unwrap();
    // In another batch, taken by another process.
    office.publish(&[fourth]).await;
    office.publish(&office.deposit("3", [""]).await).await;
    office.worker().run_until_idle().await.unwrap();
    assert_eq!(office.desk.sorted_book(), ["1:2", "2:2", "3:2"]);
    let waits = "waits behind an earlier commit of its stream";
    assert_eq!(
        office.letters_told().await,
        ["1:3 the clerk cannot read `smudged`".to_owned(), format!("1:4 {waits}"), format!("1:5 {waits}")]
    );
    assert_eq!(office.backlog().await, 0);
}

#[tokio::test]
async fn a_dead_letter_keeps_its_body_and_its_attributes() {
    let office = Office::new().await;
    office.desk.fail("forged", true);
    let commits = office.deposit("1", ["forged"]).await;
    office.publish(&commits).await;
    office.worker().run_until_idle().await.unwrap();
    let letters = office.broker.sqs().receive_message().queue_url(&office.topic.queues[0].dead_letters_url);
    let letters = letters.message_system_attribute_names(MessageSystemAttributeName::All);
    let letters = letters.message_attribute_names("All").send().await.unwrap();
    let letter = &letters.messages()[0];
    let group = letter.attributes().unwrap().get(&MessageSystemAttributeName::MessageGroupId);
    assert_eq!(group.map(String::as_str), Some("BANK"), "its tenant");
    let attributes = letter.message_attributes().unwrap();
    let text = |name: &str| attributes[name].string_value().unwrap();
    assert_eq!(text("reason"), "the clerk refuses `forged`");
    assert_eq!(text("types"), "[\"Deposited\"]");
    assert_eq!(text("correlationId"), commits[0].metadata.correlation_id);
    assert_eq!(letter.body().unwrap(), cqrs_core::delivery::Message::of(&office.app, &commits[0]).body);
}
