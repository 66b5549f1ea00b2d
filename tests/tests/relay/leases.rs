use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::delivery::{Delivered, DeliveryError};
use cqrs_core::{App, Timestamp};
use cqrs_dynamo::{Dynamo, Relay, RelaySettings};
use cqrs_tests::faults::{Call, Fault, Faults};
use tokio::sync::Notify;

use crate::requests::{Answer, Publish, Requests};
use crate::topic::Topic;
use crate::{Clock, database, deposits, items, owners, until};

/// The position of the only shard, if it has one.
async fn position(dynamo: &Dynamo) -> Option<String> {
    let items = items(dynamo, "RELAY#default").await;
    items.iter().find_map(|item| Some(item.get("position")?.as_s().unwrap().clone()))
}

#[tokio::test]
async fn a_relay_waits_for_the_one_that_works_and_takes_over_when_its_lease_has_run_out() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let clock = Clock::new();
    let (publisher, first) = topic.publisher();
    let mut working = Relay::new(&dynamo, &app, publisher).clock(clock.read());
    let working = tokio::spawn(async move { working.run(std::future::pending()).await });
    deposits(&app, &["1"], 5).await;
    until(|| async { first.arrived().len() == 5 }).await;
    let (publisher, second) = topic.publisher();
    let mut waiting = Relay::new(&dynamo, &app, publisher).clock(clock.read()).passed(clock.passed());
    assert_eq!(waiting.run_until_idle().await.unwrap().commits, 0);

    until(|| async { position(&dynamo).await.is_some() }).await;
    working.abort();
    working.await.unwrap_err();
    deposits(&app, &["1"], 3).await;
    assert_eq!(waiting.run_until_idle().await.unwrap().commits, 0, "nobody knows yet that it has died");
    clock.forward(Duration::from_secs(29));
    assert_eq!(waiting.run_until_idle().await.unwrap().commits, 0);
    clock.forward(Duration::from_secs(1));
    assert_eq!(waiting.run_until_idle().await.unwrap().commits, 3);
    let arrived = [first.arrived(), second.arrived()].concat();
    let all: Vec<_> = (1..=8).map(|version| format!("ACCOUNT#1@{version:010}")).collect();
    assert_eq!(arrived, all);
}

#[tokio::test]
async fn a_crash_between_publishing_and_keeping_the_position_publishes_again() {
    for fault in [Fault::Reset, Fault::AnswerLost] {
        let (database, dynamo, app) = database().await;
        let topic = Topic::standard().await;
        deposits(&app, &["1"], 5).await;
        let plan = move |call: &Call| {
            let keeps = call.operation == "UpdateItem" && call.body.contains(":position");
            if keeps { fault } else { Fault::None }
        };
        let faulty = Faults::new(&database, plan).dynamo_without_retries();
        let clock = Clock::new();
        let (publisher, first) = topic.publisher();
        let short = |settings: &mut RelaySettings| settings.lease = Duration::from_millis(200);
        let mut crashing = Relay::new(&faulty, &app, publisher).clock(clock.read()).settings(short);
        let error = crashing.run_until_idle().await.unwrap_err();
        assert!(matches!(error, DeliveryError::Store { .. }) && error.is_transient(), "{error:?}");
        assert_eq!(first.arrived().len(), 5);

        clock.forward(Duration::from_secs(30));
        deposits(&app, &["1"], 1).await;
        let (publisher, second) = topic.publisher();
        let mut relay = Relay::new(&dynamo, &app, publisher).clock(clock.read()).settings(short);
        relay.run_until_idle().await.unwrap();
        // Where the answer alone was lost, the position had been kept.
        let again = if fault == Fault::Reset { 6 } else { 1 };
        assert_eq!(second.arrived().len(), again, "{fault:?}");
    }
}

#[tokio::test]
async fn a_relay_that_lost_its_lease_leaves_the_shard_alone() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let clock = Clock::new();
    deposits(&app, &["1"], 5).await;
    let go = Arc::new(Notify::new());
    let held = Answer::Held(Arc::clone(&go));
    let (publisher, first) = topic.publisher_with(move |publish: &Publish| match publish.number {
        0 => held.clone(),
        _ => Answer::Through,
    });
    let mut slow = Relay::new(&dynamo, &app, publisher).clock(clock.read());
    let slow = tokio::spawn(async move { slow.run_until_idle().await });
    until(|| async { first.count() == 1 }).await;

    let (publisher, second) = topic.publisher();
    let mut quick = Relay::new(&dynamo, &app, publisher).clock(clock.read()).passed(clock.passed());
    assert_eq!(quick.run_until_idle().await.unwrap().commits, 0);
    clock.forward(Duration::from_secs(30));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let quick = tokio::spawn(async move { quick.run(async { drop(stopped.await) }).await });
    deposits(&app, &["1"], 2).await;
    until(|| async { second.arrived().len() == 7 }).await;
    until(|| async { position(&dynamo).await.is_some() }).await;
    let kept = position(&dynamo).await;
    go.notify_one();
    slow.await.unwrap().unwrap();
    assert_eq!(position(&dynamo).await, kept, "the position does not go back");
    assert_eq!(first.count(), 1, "what follows is the other relay's");
    assert_eq!(owners(&dynamo).await.len(), 1);
    stop.send(()).unwrap();
    assert_eq!(quick.await.unwrap().unwrap().commits, 7);
}

#[tokio::test]
async fn a_relay_keeps_its_lease_as_long_as_publishing_takes() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let clock = Clock::new();
    deposits(&app, &["1"], 5).await;
    let go = Arc::new(Notify::new());
    let held = Answer::Held(Arc::clone(&go));
    let (publisher, first) = topic.publisher_with(move |_| held.clone());
    let lease = Duration::from_millis(300);
    let mut slow =
        Relay::new(&dynamo, &app, publisher).clock(clock.read()).settings(|settings| settings.lease = lease);
    let slow = tokio::spawn(async move { slow.run_until_idle().await });
    until(|| async { first.count() == 1 }).await;
    for _ in 0..3 {
        clock.forward(lease / 2);
        let renewed = (clock.now() + lease).to_string();
        until(|| async {
            let items = items(&dynamo, "RELAY#default").await;
            items.iter().any(|item| item.get("until").is_some_and(|until| *until.as_s().unwrap() == renewed))
        })
        .await;
    }
    let (publisher, _) = topic.publisher();
    let mut waiting = Relay::new(&dynamo, &app, publisher).clock(clock.read()).passed(clock.passed());
    assert_eq!(waiting.run_until_idle().await.unwrap().commits, 0);
    go.notify_one();
    assert_eq!(slow.await.unwrap().unwrap().commits, 5);
}

#[tokio::test]
async fn a_relay_rides_out_what_passes_and_stops_when_it_is_told_to() {
    let (database, _, app) = database().await;
    let topic = Topic::standard().await;
    deposits(&app, &["1"], 12).await;
    let faults = Faults::new(&database, |call| match (call.operation.as_str(), call.number % 4) {
        ("GetRecords" | "UpdateItem" | "Query", 0) => Fault::Answer(400, "ThrottlingException"),
        ("GetShardIterator" | "DescribeStream", 1) => Fault::Reset,
        _ => Fault::None,
    });
    let (publisher, requests) = topic.publisher_with(|publish| match publish.number {
        0..3 => Answer::Error(503, "ServiceUnavailable"),
        _ => Answer::Through,
    });
    let mut relay = Relay::new(&faults.dynamo_without_retries(), &app, publisher)
        .settings(|settings| settings.poll = Duration::from_millis(1));
    let done = until(|| async { requests.arrived().len() >= 12 });
    relay.run(done).await.unwrap();
    requests.check(&["ACCOUNT#1"], 12, "through many faults");
}

#[tokio::test]
async fn a_relay_that_fails_while_it_stops_has_stopped() {
    let (database, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    deposits(&app, &["1"], 5).await;
    let faults = Faults::new(&database, |call| match call.body.contains(":position") {
        true => Fault::Reset,
        false => Fault::None,
    });
    let go = Arc::new(Notify::new());
    let held = Answer::Held(Arc::clone(&go));
    let (publisher, first) = topic.publisher_with(move |_| held.clone());
    let short = |settings: &mut RelaySettings| settings.lease = Duration::from_millis(200);
    let mut failing = Relay::new(&faults.dynamo_without_retries(), &app, publisher).settings(short);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let heard = Arc::new(Notify::new());
    let hear = Arc::clone(&heard);
    let failing = tokio::spawn(async move {
        let shutdown = async {
            drop(stopped.await);
            hear.notify_one();
        };
        failing.run(shutdown).await
    });
    until(|| async { first.count() == 1 }).await;
    stop.send(()).unwrap();
    heard.notified().await;
    // It has seen that it should stop, and now it cannot keep its position.
    go.notify_one();
    assert_eq!(failing.await.unwrap().unwrap().commits, 5, "as far as the topic goes");

    let later = Timestamp::now() + Duration::from_mins(1);
    let (publisher, second) = topic.publisher();
    let mut relay = Relay::new(&dynamo, &app, publisher).clock(move || later).settings(short);
    relay.run_until_idle().await.unwrap();
    second.check(&["ACCOUNT#1"], 5, "nothing is lost");
}

/// Clocks that are wrong by an hour, ahead and behind, and the error of the other one.
const SKEWS: [(i64, i64); 4] = [(0, 1), (0, -1), (1, -1), (-1, 1)];

fn wrong(hours: i64) -> impl Fn() -> Timestamp + Send + Sync + 'static {
    move || Timestamp::from_unix_millis(Timestamp::now().unix_millis() + hours * 3_600_000)
}

#[tokio::test]
async fn a_dead_relay_with_a_wrong_clock_is_followed_after_one_lease() {
    for (mine, its) in SKEWS {
        let (_, dynamo, app) = database().await;
        let topic = Topic::standard().await;
        let passed = Clock::new();
        let (publisher, first) = topic.publisher();
        let mut dying = Relay::new(&dynamo, &app, publisher).clock(wrong(its)).passed(passed.passed());
        let dying = tokio::spawn(async move { dying.run(std::future::pending()).await });
        deposits(&app, &["1"], 2).await;
        until(|| async { first.arrived().len() == 2 && position(&dynamo).await.is_some() }).await;
        dying.abort();
        dying.await.unwrap_err();

        let (publisher, second) = topic.publisher();
        let mut heir = Relay::new(&dynamo, &app, publisher)
            .clock(wrong(mine))
            .passed(passed.passed())
            .settings(|settings| settings.lease = Duration::from_millis(300));
        let heir = tokio::spawn(async move { heir.run(std::future::pending()).await });
        deposits(&app, &["1"], 1).await;
        // It says that it is there before it looks at the leases: with the second time it has looked.
        until(|| async {
            let relays = relays(&dynamo).await;
            let mut heirs =
                relays.iter().filter(|item| item["leaseMillis"].as_n().is_ok_and(|lease| lease == "300"));
            heirs.any(|item| item["beat"].as_n().is_ok_and(|beat| beat != "1"))
        })
        .await;
        assert_eq!(owners(&dynamo).await.len(), 1);
        assert_eq!(second.count(), 0, "{mine} beside {its}: nobody has watched it for long enough");
        passed.forward(Duration::from_secs(30));
        until(|| async { second.arrived().len() == 1 }).await;
        heir.abort();
    }
}

#[tokio::test]
async fn a_running_relay_keeps_its_leases_whatever_the_clocks_say() {
    for (mine, its) in SKEWS {
        let (_, dynamo, app) = database().await;
        let topic = Topic::standard().await;
        let (publisher, first) = topic.publisher();
        let mut running = Relay::new(&dynamo, &app, publisher).clock(wrong(its));
        let running = tokio::spawn(async move { running.run(std::future::pending()).await });
        deposits(&app, &["1"], 2).await;
        until(|| async { first.arrived().len() == 2 && position(&dynamo).await.is_some() }).await;
        let before = owners(&dynamo).await;

        let (publisher, second) = topic.publisher();
        let mut newcomer = Relay::new(&dynamo, &app, publisher)
            .clock(wrong(mine))
            .settings(|settings| settings.lease = Duration::from_millis(30));
        let newcomer = tokio::spawn(async move { newcomer.run(std::future::pending()).await });
        // It looks around many times.
        until(|| async { beats(&dynamo).await.iter().any(|beat| *beat >= 5) }).await;
        deposits(&app, &["1"], 1).await;
        until(|| async { first.arrived().len() == 3 }).await;
        assert_eq!(owners(&dynamo).await, before, "{mine} beside {its}");
        assert_eq!(second.count(), 0);
        newcomer.abort();
        running.abort();
    }
}

/// A relay at work, with a clock of its own.
struct AtWork {
    hours: i64,
    running: tokio::task::JoinHandle<Result<Delivered, DeliveryError>>,
}

/// Three machines whose clocks are an hour ahead, an hour behind, and right. Only the passing time is the same for all
/// of them, and the test counts it.
struct Machines<'a> {
    dynamo: &'a Dynamo,
    app: &'a App,
    topic: &'a Topic,
    passed: Clock,
    at_work: Vec<AtWork>,
    published: Vec<Requests>,
}

impl Machines<'_> {
    const LEASE: Duration = Duration::from_millis(400);
    /// How often every relay looks around in the time of a lease.
    const LOOKS: u32 = 2;

    fn start(&mut self, hours: i64) {
        let (publisher, requests) = self.topic.publisher();
        // Machines do not begin to count at the same time.
        let (passed, origin) = (self.passed.passed(), Duration::from_secs(fastrand::u64(..1_000_000)));
        let mut relay = Relay::new(self.dynamo, self.app, publisher)
            .clock(wrong(hours))
            .passed(move || origin + passed())
            .settings(|settings| settings.lease = Self::LEASE);
        let running = tokio::spawn(async move { relay.run(std::future::pending()).await });
        self.at_work.push(AtWork { hours, running });
        self.published.push(requests);
    }

    async fn kill(&mut self, place: usize) -> i64 {
        let AtWork { hours, running } = self.at_work.swap_remove(place);
        running.abort();
        running.await.unwrap_err();
        hours
    }

    fn has_published(&self, sk: &str) -> bool {
        self.published.iter().any(|requests| requests.arrived().iter().any(|arrived| arrived == sk))
    }

    /// Lets every working relay look at the leases twice; returns which of them hold leases.
    async fn look_around(&self) -> HashSet<String> {
        let beats = || async {
            let relays = relays(self.dynamo).await;
            let beat = |item: &HashMap<String, AttributeValue>| {
                (item["sk"].as_s().unwrap().clone(), item["beat"].as_n().unwrap().parse::<u64>().unwrap())
            };
            relays.iter().map(beat).collect::<HashMap<_, _>>()
        };
        let before = beats().await;
        let looked = async || {
            let mut now = beats().await;
            now.retain(|relay, beat| *beat >= before.get(relay).copied().unwrap_or_default() + 2);
            now.into_keys().map(|sk| sk.trim_start_matches("@relay#").to_owned()).collect::<HashSet<_>>()
        };
        until(|| async { looked().await.len() >= self.at_work.len() }).await;
        looked().await
    }
}

#[tokio::test]
async fn no_delivery_is_held_up_by_more_than_two_leases_whatever_the_clocks_say_and_whoever_dies() {
    for seed in 0..3 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (_, dynamo, app) = database().await;
        let topic = Topic::standard().await;
        let mut machines = Machines {
            dynamo: &dynamo,
            app: &app,
            topic: &topic,
            passed: Clock::new(),
            at_work: Vec::new(),
            published: Vec::new(),
        };
        for hours in [1, -1, 0] {
            machines.start(hours);
        }
        let mut killed_owners = 0;
        for version in 1..=8 {
            machines.look_around().await;
            let owned = owners(&dynamo).await;
            let mut dead = Vec::new();
            for _ in 0..random.usize(1..=2) {
                dead.push(machines.kill(random.usize(..machines.at_work.len())).await);
            }
            deposits(&app, &["1"], 1).await;
            let sk = format!("ACCOUNT#1@{version:010}");
            for looks in 0.. {
                let at_work = machines.look_around().await;
                // What the holder of the lease does then takes another kind of time.
                if owners(&dynamo).await.keys().any(|owner| at_work.contains(owner)) {
                    until(|| async { machines.has_published(&sk) }).await;
                    killed_owners += usize::from(looks > 0);
                    break;
                }
                let context = format!("seed {seed}: {sk}, owned by {owned:?}");
                assert!(looks < 2 * Machines::LOOKS, "{context}: two leases are over");
                machines.passed.forward(Machines::LEASE / Machines::LOOKS);
                // The one that has watched for half of the time dies, too, and one that has not takes its place.
                if looks == 0 {
                    machines.start(dead.pop().unwrap());
                    dead.push(machines.kill(0).await);
                }
            }
            for hours in dead {
                machines.start(hours);
            }
        }
        assert!(killed_owners > 0, "seed {seed}: nobody died who had the lease");
        for machine in machines.at_work {
            machine.running.abort();
        }
    }
}

/// What the relays have said that are at work.
async fn relays(dynamo: &Dynamo) -> Vec<HashMap<String, AttributeValue>> {
    let mut items = items(dynamo, "RELAY#default").await;
    items.retain(|item| item["sk"].as_s().unwrap().starts_with("@relay#"));
    items
}

async fn beats(dynamo: &Dynamo) -> Vec<u64> {
    relays(dynamo).await.iter().map(|item| item["beat"].as_n().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn a_lease_of_an_earlier_release_is_watched_by_its_time() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    deposits(&app, &["1"], 3).await;
    let (publisher, _) = topic.publisher();
    Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();
    let shard = items(&dynamo, "RELAY#default").await.into_iter().find(|item| item.contains_key("position"));
    let shard = shard.unwrap()["sk"].clone();
    // As a relay left it that did not know beats, and whose clock was an hour ahead.
    let until = wrong(1)().to_string();
    let earlier = dynamo
        .client()
        .update_item()
        .table_name(&dynamo.tables().delivery)
        .key("pk", AttributeValue::S("RELAY#default".to_owned()))
        .key("sk", shard)
        .update_expression("SET #owner = :owner, #until = :until REMOVE beat, leaseMillis")
        .expression_attribute_names("#owner", "owner")
        .expression_attribute_names("#until", "until")
        .expression_attribute_values(":owner", AttributeValue::S("of-before".to_owned()))
        .expression_attribute_values(":until", AttributeValue::S(until));
    earlier.send().await.unwrap();
    deposits(&app, &["1"], 1).await;

    let (publisher, requests) = topic.publisher();
    let mut relay =
        Relay::new(&dynamo, &app, publisher).settings(|settings| settings.lease = Duration::from_millis(200));
    assert_eq!(relay.run_until_idle().await.unwrap().commits, 1, "it has watched it for a lease");
    assert_eq!(requests.count(), 1);
}
