//! What happens to the [`press`](crate::press) until every kind of item has been written, in this order in every run.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage, SqsMessageAttribute};
use cqrs_core::delivery::{LetterId, Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::store::Extent;
use cqrs_core::{Commit, EventStore};
use cqrs_dynamo::lambda::QueueFunction;
use cqrs_dynamo::{Broker, Dynamo, Embedded, Relay, SnsPublisher};
use cqrs_tests::faults::{Call, Fault, Faults, published};
use cqrs_tests::raw;
use serde_json::{Map, Value, json};

use crate::diary::{Diary, steady_text};
use crate::press::{BookSold, Desk, Issue, Note, Sales, Sell, Stock, Withdraw, app, book};

/// A database whose writes are noted.
pub(crate) struct Stage {
    pub(crate) diary: Diary,
    pub(crate) dynamo: Dynamo,
    pub(crate) app: App,
}

impl Stage {
    async fn new() -> Self {
        let database = Embedded::in_memory().unwrap();
        let diary = Diary::of(&database);
        let dynamo = Dynamo::from_conf(&diary.sdk_config());
        dynamo.create_tables().await.unwrap();
        let app = app(&dynamo, &Desk::default());
        Self { diary, dynamo, app }
    }

    /// An app on the same database, with the n-th of these requests and all later ones refused.
    fn breaking_off(&self, operation: &'static str, after: usize) -> App {
        let seen = std::sync::atomic::AtomicUsize::new(0);
        let plan = move |call: &Call| {
            let counts = call.operation == operation;
            let refused = counts && seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= after;
            if refused { Fault::Answer(400, "ThrottlingException") } else { Fault::None }
        };
        app(&Faults::over(self.diary.sdk_config(), plan).dynamo_without_retries(), &Desk::default())
    }

    /// A command in that minute of an hour of 2020.
    async fn sell(&self, id: &str, copies: &[u64], minute: u32) {
        let command = Sell { shops: vec!["north".to_owned()], copies: copies.to_vec() };
        let name = format!("sell-{id}-{minute}");
        self.app.execute(&book(id), command).command_id(name).at(at(minute)).await.unwrap();
    }

    async fn issue(&self, id: &str, minute: u32) {
        let tags = ["b", "a"].map(str::to_owned).into();
        let command = Issue { title: format!("Book {id}"), tags };
        let execute = self.app.execute(&book(id), command).command_id(format!("issue-{id}")).at(at(minute));
        execute
            .by("user-123")
            .correlation_id("request-1")
            .causation_id("cause-1")
            .trace_context("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            .await
            .unwrap();
    }

    /// All commits, in the order of their keys.
    pub(crate) async fn commits(&self) -> Vec<Commit> {
        let page = self.dynamo.event_store().scan(&Extent::Segment { number: 0, of: 1 }, None).await.unwrap();
        assert_eq!(page.next, None);
        let mut commits = page.commits;
        commits.sort_by_key(|commit| (commit.stream.clone(), commit.version));
        commits
    }

    async fn commit(&self, id: &str, version: u64) -> Commit {
        let (stream, version) = (book(id).stream().unwrap(), Version::new(version));
        let page = self.dynamo.event_store().read(&stream, version.previous(), version).await.unwrap();
        page.commits.into_iter().next().unwrap()
    }

    /// Waits until a relay of this name has said that it is at work.
    async fn until_announced(&self, name: &str) {
        let is_announced = |item: &Value| {
            let text = |field: &str| item[field]["S"].as_str().unwrap_or_default();
            text("pk") == format!("RELAY#{name}") && text("sk").starts_with("@relay#")
        };
        let items = || self.diary.items().remove("delivery").unwrap_or_default();
        while !items().iter().any(|item| is_announced(&serde_json::from_str(item).unwrap())) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn take(&self, queue: &str, commit: &Commit) -> Vec<Verdict> {
        let body = Message::of(&self.app, commit).body;
        self.app.consumer(queue).unwrap().take(&[Received::new(body)]).await
    }
}

fn at(minute: u32) -> Timestamp {
    format!("2020-02-29T12:{minute:02}:00.123Z").parse().unwrap()
}

/// Streams that are worked on at the same time are sold in different shops: a view has one history then.
fn sold(shop: &str, copies: u64) -> BookSold {
    BookSold { shops: vec![shop.to_owned()], copies }
}

/// The delivery in one process, with all that becomes a dead letter there.
pub(crate) async fn in_one_process() -> Stage {
    let stage = Stage::new().await;
    let Stage { dynamo, app, .. } = &stage;
    stage.issue("a", 1).await;
    stage.sell("a", &[1, 2], 2).await;
    // The clock's own time, in a commit and in a snapshot.
    app.execute(&book("clock"), Note("first")).command_id("note-1").at(at(3)).await.unwrap();
    app.execute(&book("clock"), Note("second")).command_id("note-2").await.unwrap();
    app.execute(&book("clock"), Note("third")).await.unwrap();
    stage.issue("gone", 4).await;
    app.execute(&book("gone"), Withdraw).command_id("withdraw").at(at(5)).await.unwrap();
    app.run_until_idle().await.unwrap();

    // A handler refuses one, and the next waits behind it.
    stage.sell("a", &[13], 6).await;
    stage.sell("a", &[3], 7).await;
    // The second one cannot be read. A projection goes on without it, and the others wait.
    raw::put(dynamo, raw::record(&book("broken"), 1, &sold("south", 4))).await;
    let mut broken = raw::record(&book("broken"), 2, &sold("south", 5));
    broken["data"] = json!({ "shops": [] });
    raw::put(dynamo, broken).await;
    raw::put(dynamo, raw::record(&book("broken"), 3, &sold("south", 6))).await;
    // A letter that has no room for its commit.
    let mut deep = raw::record(&book("deep"), 1, &sold("west", 13));
    deep["data"]["tower"] = (0..30).fold(json!(1), |inner, _| json!([inner]));
    raw::put(dynamo, deep).await;
    app.run_until_idle().await.unwrap();
    discard(app, "Stock", "broken", 2).await;
    app.dead_letters().redrive("Stock").await.unwrap();

    // The relay's own letters: a type that a newer program may know, an item that is not a commit, and an altered
    // commit.
    let mut newer = raw::record(&book("newer"), 1, &sold("south", 7));
    newer.insert("type".to_owned(), "BookBurnt".into());
    raw::put(dynamo, newer).await;
    app.run_until_idle().await.unwrap();
    let mut corrupt = raw::record(&book("corrupt"), 1, &sold("south", 8));
    corrupt.remove("data");
    raw::put(dynamo, corrupt).await;
    raw::put(dynamo, raw::record(&book("altered"), 1, &sold("south", 9))).await;
    app.run_until_idle().await.unwrap();
    raw::put(dynamo, raw::record(&book("altered"), 1, &sold("south", 10))).await;
    app.run_until_idle().await.unwrap();
    stage
}

async fn discard(app: &App, subscriber: &str, id: &str, version: u64) {
    let stream = book(id).stream().unwrap();
    let id = LetterId::new(subscriber, stream.pk(), stream.commit_sk(Version::new(version)));
    app.dead_letters().discard(&id, "it is a forgery").await.unwrap();
}

/// Replays that completed, and one that stopped in the middle of a commit of many views.
pub(crate) async fn replayed() -> Stage {
    let stage = Stage::new().await;
    let app = &stage.app;
    stage.issue("a", 1).await;
    stage.sell("a", &[1], 2).await;
    app.run_until_idle().await.unwrap();
    app.replay::<Stock>().parallel(1).await.unwrap();
    app.replay::<Sales>().parallel(1).await.unwrap();
    app.replay::<Stock>().key(&book("a")).await.unwrap();
    let shops = (0..150).map(|number| format!("s{number:03}")).collect();
    let everywhere = Sell { shops, copies: vec![1] };
    app.execute(&book("wide"), everywhere).command_id("wide").at(at(3)).await.unwrap();
    app.run_until_idle().await.unwrap();
    let broken = stage.breaking_off("TransactWriteItems", 2);
    broken.replay::<Sales>().parallel(1).await.unwrap_err();
    stage.sell("a", &[2], 4).await;
    app.run_until_idle().await.unwrap();

    // How projections began, were left, and came back.
    app.note_absence("Stock").await.unwrap();
    app.unreplayed().await.unwrap();
    app.waive_replay("Sales").await.unwrap();
    stage
}

/// A broker's queues and topics. The requests to SNS and SQS are returned as well.
pub(crate) async fn behind_a_broker() -> (Stage, Vec<Value>) {
    let stage = Stage::new().await;
    let Stage { dynamo, app, .. } = &stage;
    stage.sell("parked", &[13], 1).await;
    stage.sell("parked", &[1], 2).await;
    stage.sell("tried", &[14], 3).await;
    stage.issue("claimed", 4).await;
    assert!(matches!(stage.take("warn", &stage.commit("tried", 1).await).await[..], [Verdict::Retry { .. }]));
    for version in [1, 2] {
        let parked = stage.commit("parked", version).await;
        assert!(matches!(stage.take("warn", &parked).await[..], [Verdict::Dead { .. }]));
    }
    for queue in ["Stock", "Sales", "register"] {
        let consumer = app.consumer(queue).unwrap();
        // Whether anything is on its way is not known, so a projection has only begun.
        consumer.settle(ready(false)).await;
        for commit in stage.commits().await {
            if commit.events[0].name != "TitleEntered"
                && (queue == "register") == (commit.events[0].name == "BookIssued")
            {
                assert_eq!(stage.take(queue, &commit).await, [Verdict::Done], "{queue}: {commit:#?}");
            }
        }
    }
    let turn = app.consumer("warn").unwrap().redrive_turn(Duration::from_millis(1)).await.unwrap();
    std::mem::forget(turn.unwrap());

    let sent = Sent::default();
    for name in ["press", "press.fifo"] {
        relay_to(&sent, dynamo, app, name, 4096).run_until_idle().await.unwrap();
        // Nothing but the keys has room.
        let mut relay = relay_to(&sent, dynamo, app, name, 400);
        relay.catch_up(at(0)).await.unwrap();
        relay.run(stage.until_announced(name)).await.unwrap();
    }
    let broker = Broker::from_conf(&sent.sdk_config());
    let function = QueueFunction::new(&broker, app, "warn", "http://localhost/press-warn-dead").unwrap();
    let mut message = SqsMessage::default();
    message.message_id = Some("1".to_owned());
    message.receipt_handle = Some("1".to_owned());
    message.body = Some(Message::of(app, &stage.commit("parked", 1).await).body);
    let mut types = SqsMessageAttribute::default();
    types.data_type = Some("String.Array".to_owned());
    types.string_value = Some(r#"["BookSold"]"#.to_owned());
    message.message_attributes.insert("types".to_owned(), types);
    let mut event = SqsEvent::default();
    event.records.push(message);
    let answer = function.answer(event, std::future::pending()).await;
    assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
    (stage, sent.told())
}

/// A relay to a topic that takes everything.
pub(crate) fn relay(dynamo: &Dynamo, app: &App, name: &str) -> Relay<SnsPublisher> {
    relay_to(&Sent::default(), dynamo, app, name, 4096)
}

fn relay_to(sent: &Sent, dynamo: &Dynamo, app: &App, name: &str, bytes: usize) -> Relay<SnsPublisher> {
    let arn = format!("arn:aws:sns:eu-central-1:1:{name}");
    let publisher = SnsPublisher::new(aws_sdk_sns::Client::new(&sent.sdk_config()), arn);
    let relay = Relay::new(dynamo, app, publisher.with_max_message_bytes(bytes));
    relay.settings(|settings| name.clone_into(&mut settings.name))
}

/// The requests to SNS and SQS, which nothing receives.
#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Vec<Value>>>);

impl Sent {
    fn sdk_config(&self) -> aws_config::SdkConfig {
        let sent = Arc::clone(&self.0);
        let plan = move |call: &Call| {
            let (request, answer) = match call.operation.as_str() {
                "PublishBatch" => (messages(&call.body), published()),
                "SendMessage" => {
                    (serde_json::from_str(&call.body).unwrap(), Fault::Reply(r#"{"MessageId":"1"}"#))
                }
                other => panic!("{other}: {}", call.body),
            };
            sent.lock().unwrap().push(request);
            answer
        };
        Faults::over(Embedded::in_memory().unwrap().sdk_config(), plan).sdk_config()
    }

    fn told(&self) -> Vec<Value> {
        let told = self.0.lock().unwrap().clone();
        told.iter().map(|request| serde_json::from_str(&steady_text(&request.to_string())).unwrap()).collect()
    }
}

/// The messages of a request, by the names of their fields; the order of attributes has no meaning.
fn messages(body: &str) -> Value {
    let mut request = Map::new();
    let mut attributes: BTreeMap<(String, String), (String, Map<String, Value>)> = BTreeMap::new();
    for (name, value) in body.split('&').filter_map(|pair| pair.split_once('=')) {
        let value = decoded(value);
        let Some(field) = name.strip_prefix("PublishBatchRequestEntries.member.") else {
            request.insert(name.to_owned(), value.into());
            continue;
        };
        let (message, field) = field.split_once('.').unwrap();
        match field.strip_prefix("MessageAttributes.entry.").and_then(|field| field.split_once('.')) {
            None => request.entry(message).or_insert_with(|| json!({}))[field] = value.into(),
            Some((number, part)) => {
                let attribute = attributes.entry((message.to_owned(), number.to_owned())).or_default();
                match part.strip_prefix("Value.") {
                    None => attribute.0 = value,
                    Some(part) => drop(attribute.1.insert(part.to_owned(), value.into())),
                }
            }
        }
    }
    for ((message, _), (name, value)) in attributes {
        request[&message]["MessageAttributes"][name] = value.into();
    }
    request.into()
}

/// `b%20c` as it was.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}
