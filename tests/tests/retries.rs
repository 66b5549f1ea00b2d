//! How often a handler is tried, and when again, where it says so itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::EventStore;
use cqrs_core::delivery::{Received, RetryPolicy, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::store::{MemoryEventStore, record};
use cqrs_core::view::MemoryViewStore;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{self, Deposit, Deposited, Open};
use serde_json::Value;

/// How often each handler was tried.
#[derive(Clone, Default)]
struct Tries(Arc<Mutex<BTreeMap<&'static str, u32>>>);

impl Tries {
    fn fail(&self, handler: &'static str) -> Result<(), HandlerError> {
        *self.0.lock().unwrap().entry(handler).or_default() += 1;
        Err(HandlerError::retry("the printer is off"))
    }

    fn of(&self, handler: &str) -> u32 {
        self.0.lock().unwrap().get(handler).copied().unwrap_or_default()
    }
}

#[event_handler(Deposited, retry(attempts = 7, base = "1ms", cap = "2ms"))]
async fn stubborn(_: &Deposited, tries: &Tries) -> Result<(), HandlerError> {
    tries.fail("stubborn")
}

#[event_handler(Deposited, once, retry(attempts = 4))]
async fn careful(_: &Deposited, tries: &Tries) -> Result<(), HandlerError> {
    tries.fail("careful")
}

#[event_handler(Deposited, retry(attempts = 1))]
async fn hasty(_: &Deposited, tries: &Tries) -> Result<(), HandlerError> {
    tries.fail("hasty")
}

#[event_handler(Deposited)]
async fn usual(_: &Deposited, tries: &Tries) -> Result<(), HandlerError> {
    tries.fail("usual")
}

#[event_handler(Deposited, queue = "desk", retry(attempts = 6, base = "10m", cap = "10m"))]
async fn shared(_: &Deposited, tries: &Tries) -> Result<(), HandlerError> {
    tries.fail("shared")
}

#[event_handler(Deposited, queue = "desk")]
async fn neighbour(_: &Deposited) -> Result<(), HandlerError> {
    Ok(())
}

/// How often each is tried: `usual` as the settings say.
const ATTEMPTS: [(&str, u32); 4] = [("stubborn", 7), ("careful", 4), ("hasty", 1), ("usual", 3)];

fn app(stores: impl cqrs_core::app::IntoStores, tries: &Tries, only: &[&str]) -> App {
    App::builder(stores)
        .views(MemoryViewStore::new())
        .provide(tries.clone())
        .settings(|settings| {
            settings.delivery = RetryPolicy { attempts: 3, base: Duration::ZERO, cap: Duration::ZERO };
            settings.poll = Duration::ZERO;
        })
        .only(only.iter().copied())
        .build()
        .unwrap()
}

async fn deposited(app: &App) {
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    for note in ["1", "2"] {
        app.execute(&key, Deposit { cents: 5, note: note.into() }).await.unwrap();
    }
}

async fn tries_each_as_it_says(app: &App, tries: &Tries) {
    deposited(app).await;
    app.run_until_idle().await.unwrap();
    for (handler, attempts) in ATTEMPTS {
        assert_eq!(tries.of(handler), attempts, "{handler}");
        let letters = app.dead_letters().list().await.unwrap();
        let of_handler = letters.iter().filter(|letter| letter.id.subscriber == handler);
        let tried: Vec<_> = of_handler.map(|letter| letter.attempts).collect();
        assert_eq!(tried, [attempts, 0], "{handler}: the second one waits");
        app.dead_letters().redrive(handler).await.unwrap();
        assert_eq!(tries.of(handler), attempts + 3, "{handler}: a redrive asks the settings");
    }
}

#[tokio::test]
async fn in_process_each_handler_is_tried_as_it_says() {
    let only = ATTEMPTS.map(|(handler, _)| handler);
    let tries = Tries::default();
    tries_each_as_it_says(&app(MemoryEventStore::new(), &tries, &only), &tries).await;
    let (dynamo, tries) = (Dynamo::embedded_in_memory().await.unwrap(), Tries::default());
    tries_each_as_it_says(&app(&dynamo, &tries, &only), &tries).await;
}

async fn messages(store: &MemoryEventStore) -> Vec<Received> {
    let stream = bank::account("1").stream().unwrap();
    let page = store.read(&stream, Version::new(1), Version::MAX).await.unwrap();
    page.commits
        .iter()
        .map(|commit| Received::new(Value::Object(record::encode(commit)).to_string()))
        .collect()
}

#[tokio::test]
async fn behind_a_broker_a_message_comes_back_as_its_handler_says() {
    let (store, tries) = (MemoryEventStore::new(), Tries::default());
    let app = app(store.clone(), &tries, &["stubborn", "usual", "shared", "neighbour"]);
    deposited(&app).await;
    let batch = messages(&store).await;
    for (queue, attempts, longest) in
        [("stubborn", 7, Some(2)), ("usual", 3, None), ("desk", 6, Some(600_000))]
    {
        let longest = longest.map(Duration::from_millis);
        let consumer = app.consumer(queue).unwrap();
        for attempt in 1..attempts {
            let verdicts = consumer.take(&batch).await;
            let [Verdict::Retry { after, .. }, Verdict::Wait { after: behind, .. }] = &verdicts[..] else {
                panic!("{queue}, attempt {attempt}: {verdicts:?}")
            };
            assert_eq!(after, behind, "{queue}: what stands behind it does not overtake it");
            assert_eq!(after.is_some(), longest.is_some(), "{queue}");
            assert!(*after <= longest, "{queue}, attempt {attempt}: {after:?}");
        }
        let verdicts = consumer.take(&batch).await;
        assert!(
            matches!(verdicts[..], [Verdict::Dead { .. }, Verdict::Dead { .. }]),
            "{queue}: {verdicts:?}"
        );
    }
    assert_eq!((tries.of("stubborn"), tries.of("usual"), tries.of("shared")), (7, 3, 6));
}

#[test]
fn the_wiring_says_what_a_handler_says() {
    let app = app(MemoryEventStore::new(), &Tries::default(), &["hasty", "usual"]);
    let attempts: Vec<_> =
        app.wiring().subscribers.iter().map(|subscriber| (subscriber.name, subscriber.attempts)).collect();
    assert_eq!(attempts, [("hasty", Some(1)), ("usual", None)]);
}
