//! A views table that is throttled or cannot be reached is not the fault of a commit, however long this lasts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::EventStore;
use cqrs_core::delivery::{DeliveryError, Message, Received, RetryPolicy, Verdict};
use cqrs_core::prelude::*;
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::bank::{self, Deposit, DepositAll};
use cqrs_tests::faults::{Call as Request, Fault, Faults, database};

use crate::office::*;
use crate::service::{Service, until, until_views_are_the_fold};

const ACCOUNTS: [&str; 2] = ["1", "2"];
const PROJECTIONS: [&str; 2] = ["Statement", "Wealth"];
/// More tries than any subscriber has.
const LONG: usize = 40;

/// How many more requests to the views table an outage swallows.
#[derive(Clone, Default)]
struct Outage(Arc<AtomicUsize>);

impl Outage {
    fn lasts(&self, requests: usize) {
        self.0.store(requests, Ordering::Relaxed);
    }

    fn over(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    fn in_front_of(&self, database: &Embedded, fault: Fault) -> Dynamo {
        let left = Arc::clone(&self.0);
        let faults = Faults::new(database, move |request: &Request| {
            let hit = request.body.contains("\"views\"")
                && left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                    .is_ok();
            if hit { fault } else { Fault::None }
        });
        faults.dynamo_without_retries()
    }
}

const THROTTLED: Fault = Fault::Answer(400, "ProvisionedThroughputExceededException");

#[tokio::test]
async fn a_run_ends_with_the_outage_as_its_error_and_the_next_one_continues() {
    for fault in [
        THROTTLED,
        Fault::Reset,
        Fault::AnswerLost,
        Fault::Answer(500, "InternalServerError"),
        Fault::Answer(400, "AccessDeniedException"),
        Fault::Answer(400, "ResourceNotFoundException"),
    ] {
        let (database, dynamo) = database().await;
        let outage = Outage::default();
        let clerk = Clerk::new();
        let app = app(&outage.in_front_of(&database, fault), &clerk);
        open(&app, &ACCOUNTS).await;
        pay(&app, &ACCOUNTS).await;
        outage.lasts(usize::MAX);
        for _ in 0..3 {
            let error = app.run_until_idle().await.unwrap_err();
            assert!(error.is_transient(), "{fault:?}: {error:?}");
            let DeliveryError::Outage { subscriber, source } = error else { panic!("{fault:?}: {error:?}") };
            assert!(PROJECTIONS.contains(&subscriber.as_str()));
            assert!(source.is_outage(), "{source:?}");
            assert_eq!(letters(&app).await, [], "{fault:?}");
        }
        outage.lasts(0);
        app.run_until_idle().await.unwrap();
        assert_eq!(letters(&app).await, [], "{fault:?}");
        assert_views_are_the_fold(&self::app(&dynamo, &clerk), &ACCOUNTS, "after the outage").await;
    }
}

#[tokio::test]
async fn a_service_waits_for_the_views_and_continues() {
    let (database, dynamo) = database().await;
    let outage = Outage::default();
    let clean = app(&dynamo, &Clerk::new());
    open(&clean, &ACCOUNTS).await;
    outage.lasts(LONG);
    let service = Service::start(&app(&outage.in_front_of(&database, THROTTLED), &Clerk::new()));
    until_views_are_the_fold(&clean).await;
    pay(&clean, &ACCOUNTS).await;
    until_views_are_the_fold(&clean).await;
    assert!(outage.over());
    service.stop().await;
    assert_eq!(letters(&clean).await, []);
}

#[tokio::test]
async fn a_service_that_is_told_to_stop_amid_an_outage_leaves_the_rest_to_the_next_run() {
    for _ in 0..10 {
        let (database, dynamo) = database().await;
        let outage = Outage::default();
        let clean = app(&dynamo, &Clerk::new());
        open(&clean, &ACCOUNTS).await;
        outage.lasts(usize::MAX);
        let begun = async {
            while outage.0.load(Ordering::Relaxed) == usize::MAX {
                tokio::task::yield_now().await;
            }
        };
        app(&outage.in_front_of(&database, THROTTLED), &Clerk::new()).run(begun).await.unwrap();
        assert_eq!(letters(&clean).await, []);
        clean.run_until_idle().await.unwrap();
        assert_views_are_the_fold(&clean, &ACCOUNTS, "the next run").await;
    }
}

#[tokio::test]
async fn a_queue_gets_the_message_again_however_often_it_was_received() {
    let (database, dynamo) = database().await;
    let outage = Outage::default();
    let clean = app(&dynamo, &Clerk::new());
    open(&clean, &["1"]).await;
    pay(&clean, &["1"]).await;
    let page = dynamo.event_store().read(&key("1").stream().unwrap(), Version::new(1), Version::new(2)).await;
    let body = Message::of(&clean, &page.unwrap().commits[0]).body;
    let received = |receives| [Received::new(&body).with_receives(receives)];
    for subscriber in PROJECTIONS {
        let app = app(&outage.in_front_of(&database, THROTTLED), &Clerk::new());
        let consumer = app.consumer(subscriber).unwrap();
        outage.lasts(LONG);
        for receives in [1, ATTEMPTS, 1000] {
            let verdicts = consumer.take(&received(receives)).await;
            assert!(matches!(&verdicts[..], [Verdict::Wait { .. }]), "{subscriber}: {verdicts:?}");
        }
        outage.lasts(0);
        assert_eq!(consumer.take(&received(1000)).await, [Verdict::Done], "{subscriber}");
    }
}

/// SQS deletes a message after 14 days.
#[tokio::test]
async fn a_message_is_a_dead_letter_before_its_queue_deletes_it() {
    let (database, dynamo) = database().await;
    let outage = Outage::default();
    let clean = app(&dynamo, &Clerk::new());
    open(&clean, &["1"]).await;
    pay(&clean, &["1"]).await;
    let page = dynamo.event_store().read(&key("1").stream().unwrap(), Version::new(1), Version::new(2)).await;
    let body = Message::of(&clean, &page.unwrap().commits[0]).body;
    let sent = |days: i64| {
        let sent_at = Timestamp::now().unix_millis() - days * 24 * 60 * 60 * 1000;
        [Received::new(&body).with_sent_at(Timestamp::from_unix_millis(sent_at))]
    };
    for subscriber in PROJECTIONS {
        let app = app(&outage.in_front_of(&database, THROTTLED), &Clerk::new());
        let consumer = app.consumer(subscriber).unwrap();
        outage.lasts(usize::MAX);
        let verdicts = consumer.take(&sent(11)).await;
        assert!(matches!(&verdicts[..], [Verdict::Wait { .. }]), "{subscriber}: {verdicts:?}");
        let verdicts = consumer.take(&sent(12)).await;
        let [Verdict::Dead { reason }] = &verdicts[..] else { panic!("{subscriber}: {verdicts:?}") };
        assert!(reason.starts_with("its queue has kept it for 12 days: "), "{subscriber}: {reason}");
        outage.lasts(0);
        assert_eq!(consumer.redrive(&sent(13)).await, [Verdict::Done], "{subscriber}");
    }
}

#[tokio::test]
async fn a_redrive_during_an_outage_leaves_the_letters_as_they_were() {
    let (database, dynamo) = database().await;
    let outage = Outage::default();
    let clerk = Clerk::new();
    let app = app_of(
        dynamo.event_store(),
        outage.in_front_of(&database, THROTTLED).views(),
        &clerk,
        &["Statement"],
    );
    open(&app, &["1"]).await;
    cqrs_tests::raw::put(&dynamo, broken()).await;
    app.run_until_idle().await.unwrap();
    let before = app.dead_letters().list().await.unwrap();
    assert_eq!(before.len(), 1);
    outage.lasts(LONG);
    let error = app.dead_letters().redrive("Statement").await.unwrap_err();
    assert!(matches!(error, DeliveryError::Outage { .. }), "{error:?}");
    assert_eq!(app.dead_letters().list().await.unwrap(), before);
}

/// The second commit of account `1`, whose event lacks a field.
fn broken() -> cqrs_core::store::record::Record {
    let event = cqrs_tests::bank::Withdrawn { owner: "Ada".into(), cents: 1 };
    let mut record = cqrs_tests::raw::record(&key("1"), 2, &event);
    record.insert("data".to_owned(), serde_json::json!({ "owner": "Ada" }));
    record
}

/// A handler whose own command meets the outage.
#[event_handler(bank::Deposited, name = "forwarder")]
async fn forwarder(event: &Recorded<bank::Deposited>, app: &App) -> Result<(), HandlerError> {
    if event.note != "forwarded" {
        app.execute(&bank::account("pool"), Deposit { cents: event.cents, note: "forwarded".into() }).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_command_of_a_handler_that_meets_an_outage_makes_no_dead_letter() {
    for fault in [THROTTLED, Fault::Reset, Fault::Answer(400, "AccessDeniedException")] {
        let (database, dynamo) = database().await;
        let clerk = Clerk::new();
        let clean = app_of(dynamo.event_store(), dynamo.views(), &clerk, &["forwarder"]);
        open(&clean, &["1", "pool"]).await;
        pay(&clean, &["1"]).await;
        let down = Arc::new(AtomicUsize::new(usize::MAX));
        let left = Arc::clone(&down);
        let faults = Faults::new(&database, move |request: &Request| {
            let own = matches!(request.operation.as_str(), "Query" | "PutItem" | "TransactWriteItems")
                && request.body.contains("ACCOUNT#pool");
            let hit = own && left.load(Ordering::Relaxed) > 0;
            if hit { fault } else { Fault::None }
        });
        let app =
            app_of(faults.dynamo_without_retries().event_store(), dynamo.views(), &clerk, &["forwarder"]);
        let error = app.run_until_idle().await.unwrap_err();
        assert!(
            matches!(&error, DeliveryError::Outage { subscriber, .. } if subscriber == "forwarder"),
            "{error:?}"
        );
        assert_eq!(letters(&app).await, [], "{fault:?}");
        down.store(0, Ordering::Relaxed);
        app.run_until_idle().await.unwrap();
        assert_eq!(letters(&app).await, []);
        let pool = clean.load(&bank::account("pool")).await.unwrap();
        assert_eq!(pool.version.get(), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn what_stands_behind_a_commit_that_cannot_be_read_at_present_waits_with_it() {
    let (database, dynamo) = database().await;
    let clerk = Clerk::new();
    let clean = app(&dynamo, &clerk);
    open(&clean, &["1"]).await;
    pay(&clean, &["1", "1"]).await;
    let stream = key("1").stream().unwrap();
    let page = dynamo.event_store().read(&stream, Version::new(1), Version::new(3)).await.unwrap();
    let received = |body| Received::new(body);
    let [first, second] = &page.commits[..] else { panic!("{page:?}") };
    // The first was too large for a message, and travelled as its keys.
    let keys = serde_json::json!({ "pk": stream.pk(), "sk": stream.commit_sk(first.version) });
    let batch = [received(keys.to_string()), received(Message::of(&clean, second).body)];
    let down = Arc::new(AtomicUsize::new(1));
    let left = Arc::clone(&down);
    let faults = Faults::new(&database, move |request: &Request| {
        let hit =
            request.operation == "Query" && request.is_for("events") && left.load(Ordering::Relaxed) > 0;
        if hit { Fault::Answer(500, "InternalServerError") } else { Fault::None }
    });
    let app = app_of(faults.dynamo_without_retries().event_store(), dynamo.views(), &clerk, &["clerk"]);
    let consumer = app.consumer("clerk").unwrap();
    let verdicts = consumer.take(&batch).await;
    assert!(matches!(&verdicts[..], [Verdict::Wait { .. }, Verdict::Wait { .. }]), "{verdicts:?}");
    assert!(clerk.versions("1").is_empty());
    down.store(0, Ordering::Relaxed);
    assert_eq!(consumer.take(&batch).await, [Verdict::Done, Verdict::Done]);
    assert_eq!(clerk.versions("1"), [2, 3]);
}

/// An account, a version and a place in the commit.
type Effect = (String, u64, usize);

/// How often each event had its effect. Clones share it.
#[derive(Debug, Clone, Default)]
struct Mails(Arc<Mutex<BTreeMap<Effect, u32>>>);

impl Mails {
    fn send(&self, event: &Recorded<bank::Deposited>) {
        let account = event.stream().sk().trim_start_matches("ACCOUNT#").to_owned();
        let place = (account, event.version().get(), event.index());
        *self.0.lock().unwrap().entry(place).or_default() += 1;
    }

    /// All that were sent for an account; each of them once.
    #[track_caller]
    fn once_each(&self, account: &str) -> Vec<(u64, usize)> {
        let sent = self.0.lock().unwrap().clone();
        let of_account = sent.into_iter().filter(|((of, ..), _)| of == account);
        let sent = of_account.map(|((_, version, index), count)| {
            assert_eq!(count, 1, "mails for event {index} of version {version} of account {account}");
            (version, index)
        });
        sent.collect()
    }
}

/// Too much for a mail alone.
const LARGE: u64 = 1000;

#[event_handler(bank::Deposited, name = "mailer")]
async fn mailer(event: &Recorded<bank::Deposited>, mails: &Mails, app: &App) -> Result<(), HandlerError> {
    if event.note == "forwarded" {
        return Ok(());
    }
    if event.cents == LARGE {
        app.execute(&bank::account("pool"), Deposit { cents: 1, note: "forwarded".into() }).await?;
    }
    mails.send(event);
    Ok(())
}

fn mailing(dynamo: &Dynamo, mails: &Mails) -> App {
    let hasty = |attempts| RetryPolicy { attempts, base: Duration::ZERO, cap: Duration::ZERO };
    App::builder(dynamo)
        .provide(mails.clone())
        .only(["mailer"])
        .settings(|settings| {
            settings.conflict = hasty(1);
            settings.delivery = hasty(ATTEMPTS);
            settings.poll = Duration::ZERO;
        })
        .build()
        .unwrap()
}

/// The requests for the account `pool` meet a fault while it is there.
#[derive(Clone, Default)]
struct PoolDown(Arc<Mutex<Option<Fault>>>, Arc<AtomicUsize>);

impl PoolDown {
    fn begin(&self, fault: Fault) {
        *self.0.lock().unwrap() = Some(fault);
    }

    fn end(&self) {
        *self.0.lock().unwrap() = None;
    }

    fn refused(&self) -> usize {
        self.1.load(Ordering::Relaxed)
    }

    fn in_front_of(&self, database: &Embedded) -> Dynamo {
        let Self(fault, refused) = self.clone();
        let faults = Faults::new(database, move |request: &Request| {
            let is_own = matches!(request.operation.as_str(), "Query" | "PutItem" | "TransactWriteItems")
                && request.body.contains("ACCOUNT#pool");
            let fault = fault.lock().unwrap().filter(|_| is_own);
            refused.fetch_add(usize::from(fault.is_some()), Ordering::Relaxed);
            fault.unwrap_or(Fault::None)
        });
        faults.dynamo_without_retries()
    }
}

#[tokio::test]
async fn an_outage_that_one_event_meets_holds_up_its_own_stream_and_repeats_nothing() {
    for fault in [THROTTLED, Fault::Reset, Fault::Answer(400, "AccessDeniedException")] {
        let (database, dynamo) = database().await;
        let (mails, down) = (Mails::default(), PoolDown::default());
        let clean = mailing(&dynamo, &Mails::default());
        open(&clean, &["1", "2", "pool"]).await;
        clean.execute(&key("1"), DepositAll(vec![7, LARGE])).await.unwrap();
        pay(&clean, &["1", "2"]).await;
        down.begin(fault);
        let service = Service::start(&mailing(&down.in_front_of(&database), &mails));
        until(|| async { down.refused() >= LONG }).await;
        pay(&clean, &["2", "2"]).await;
        until(|| async { mails.once_each("2").len() == 3 }).await;
        let reached = down.refused() + LONG;
        until(|| async { down.refused() >= reached }).await;
        assert_eq!(mails.once_each("1"), [(2, 0)], "{fault:?}");
        assert_eq!(letters(&clean).await, [], "{fault:?}");

        down.end();
        until(|| async { mails.once_each("1").len() == 3 }).await;
        service.stop().await;
        assert_eq!(mails.once_each("1"), [(2, 0), (2, 1), (3, 0)], "{fault:?}");
        assert_eq!(mails.once_each("2"), [(2, 0), (3, 0), (4, 0)], "{fault:?}");
        // Where it stopped, nothing was left.
        mailing(&dynamo, &mails).run_until_idle().await.unwrap();
        assert_eq!((mails.once_each("1").len(), mails.once_each("2").len()), (3, 3), "{fault:?}");
        assert_eq!(clean.load(&key("pool")).await.unwrap().version.get(), 2, "{fault:?}");
        assert_eq!(letters(&clean).await, [], "{fault:?}");
    }
}

#[tokio::test]
async fn a_run_that_is_to_end_does_all_else_before_it_reports_the_outage_that_one_event_meets() {
    let (database, dynamo) = database().await;
    let (mails, down) = (Mails::default(), PoolDown::default());
    let clean = mailing(&dynamo, &Mails::default());
    open(&clean, &["1", "2", "pool"]).await;
    clean.execute(&key("1"), DepositAll(vec![LARGE])).await.unwrap();
    for _ in 0..30 {
        pay(&clean, &["2"]).await;
    }
    down.begin(Fault::Answer(400, "AccessDeniedException"));
    let app = mailing(&down.in_front_of(&database), &mails);
    let error = app.run_until_idle().await.unwrap_err();
    assert!(
        matches!(&error, DeliveryError::Outage { subscriber, .. } if subscriber == "mailer"),
        "{error:?}"
    );
    assert_eq!((mails.once_each("1").len(), mails.once_each("2").len()), (0, 30));
    down.end();
    app.run_until_idle().await.unwrap();
    assert_eq!(mails.once_each("1"), [(2, 0)]);
    assert_eq!(letters(&app).await, []);
}

#[tokio::test]
async fn a_service_that_is_to_stop_waits_for_no_outage_that_one_event_meets() {
    let (database, dynamo) = database().await;
    let (mails, down) = (Mails::default(), PoolDown::default());
    let clean = mailing(&dynamo, &Mails::default());
    open(&clean, &["1", "pool"]).await;
    clean.execute(&key("1"), DepositAll(vec![LARGE])).await.unwrap();
    down.begin(THROTTLED);
    let service = Service::start(&mailing(&down.in_front_of(&database), &mails));
    until(|| async { down.refused() >= LONG }).await;
    // Not after the grace: `until` is longer than that, and this shorter.
    tokio::time::timeout(Duration::from_secs(10), service.stop()).await.expect("it waits");
    down.end();
    mailing(&dynamo, &mails).run_until_idle().await.unwrap();
    assert_eq!(mails.once_each("1"), [(2, 0)]);
}

/// Writes into the account `pool` before each command to it, as often as this says.
fn contended(database: &Embedded, rival: App, times: usize) -> (Dynamo, Arc<AtomicUsize>) {
    let left = Arc::new(AtomicUsize::new(times));
    let plan = {
        let left = Arc::clone(&left);
        move |request: Request| -> cqrs_tests::faults::Decision {
            let (left, rival) = (Arc::clone(&left), rival.clone());
            Box::pin(async move {
                let writes = matches!(request.operation.as_str(), "PutItem" | "TransactWriteItems");
                let is_own = writes && request.body.contains("ACCOUNT#pool");
                let one_less = |left: usize| left.checked_sub(1);
                if is_own && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
                    rival.execute(&key("pool"), bank::deposit(1)).await.unwrap();
                }
                Fault::None
            })
        }
    };
    (Faults::after(database, plan).dynamo_without_retries(), left)
}

#[tokio::test]
async fn other_writers_that_are_always_faster_make_no_dead_letter() {
    let (database, dynamo) = database().await;
    let clean = mailing(&dynamo, &Mails::default());
    open(&clean, &["1", "pool"]).await;
    clean.execute(&key("1"), DepositAll(vec![LARGE])).await.unwrap();
    let page = dynamo.event_store().read(&key("1").stream().unwrap(), Version::new(1), Version::new(2)).await;
    let message = [Received::new(Message::of(&clean, &page.unwrap().commits[0]).body)];
    let (busy, left) = contended(&database, clean.clone(), 2 * LONG);
    let mails = Mails::default();
    let app = mailing(&busy, &mails);
    let consumer = app.consumer("mailer").unwrap();
    for _ in 0..LONG {
        let verdicts = consumer.take(&message).await;
        assert!(matches!(&verdicts[..], [Verdict::Wait { .. }]), "{verdicts:?}");
    }
    let service = Service::start(&app);
    until(|| async { !mails.once_each("1").is_empty() }).await;
    service.stop().await;
    assert_eq!((mails.once_each("1"), left.load(Ordering::Relaxed)), (vec![(2, 0)], 0));
    assert_eq!(letters(&app).await, []);
}

/// Moves what is large into the pool, together with another account.
#[event_handler(bank::Deposited, name = "splitter")]
async fn splitter(event: &Recorded<bank::Deposited>, app: &App) -> Result<(), HandlerError> {
    if event.cents == LARGE {
        let transaction = app.transaction().execute(&bank::account("pool"), bank::deposit(1));
        transaction.execute(&bank::account("2"), bank::deposit(1)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn other_writers_that_are_always_faster_than_a_transaction_make_no_dead_letter() {
    let (database, dynamo) = database().await;
    let clean = app_of(dynamo.event_store(), dynamo.views(), &Clerk::new(), &["splitter"]);
    open(&clean, &["1", "2", "pool"]).await;
    clean.execute(&key("1"), DepositAll(vec![LARGE])).await.unwrap();
    let page = dynamo.event_store().read(&key("1").stream().unwrap(), Version::new(1), Version::new(2)).await;
    let message = [Received::new(Message::of(&clean, &page.unwrap().commits[0]).body)];
    let (busy, left) = contended(&database, clean.clone(), usize::MAX);
    let app = app_of(busy.event_store(), busy.views(), &Clerk::new(), &["splitter"]);
    let consumer = app.consumer("splitter").unwrap();
    for _ in 0..LONG {
        let verdicts = consumer.take(&message).await;
        assert!(matches!(&verdicts[..], [Verdict::Wait { .. }]), "{verdicts:?}");
    }
    left.store(0, Ordering::Relaxed);
    let before = clean.load(&key("2")).await.unwrap().version;
    until(|| async { consumer.take(&message).await == [Verdict::Done] }).await;
    assert_eq!(clean.load(&key("2")).await.unwrap().version, before.next());
    assert_eq!(letters(&app).await, []);
}

/// A command for a version that has passed is no matter of other writers.
#[event_handler(bank::Deposited, name = "pinned")]
async fn pinned(event: &Recorded<bank::Deposited>, app: &App) -> Result<(), HandlerError> {
    if event.cents == LARGE {
        app.execute(&bank::account("pool"), bank::deposit(1)).expect_version(Version::NONE).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_command_for_a_version_that_has_passed_is_tried_as_often_as_anything_else() {
    let (_, dynamo) = database().await;
    let app = app_of(dynamo.event_store(), dynamo.views(), &Clerk::new(), &["pinned"]);
    open(&app, &["1", "pool"]).await;
    app.execute(&key("1"), DepositAll(vec![LARGE])).await.unwrap();
    app.run_until_idle().await.unwrap();
    let [(subscriber, _, attempts)] = &letters(&app).await[..] else { panic!("{:?}", letters(&app).await) };
    assert_eq!((subscriber.as_str(), *attempts), ("pinned", ATTEMPTS));
}
