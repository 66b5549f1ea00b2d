//! Commands whose events a projection could never take, because the key of a view cannot be stored. They are refused.

use std::convert::Infallible;
use std::panic::catch_unwind;

use cqrs_core::Outcome;
use cqrs_core::app::ViewKeyError;
use cqrs_core::delivery::RetryPolicy;
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::testing::Scenario;
use cqrs_core::view::MemoryViewStore;
use cqrs_dynamo::Dynamo;

#[event]
struct Ordered {
    customer: String,
    tags: Vec<String>,
}

/// No view has a key of it.
#[event]
struct Settled {
    note: String,
}

/// The key that its view has follows from a computation.
#[event]
struct Weighed {
    grams: i64,
}

#[derive(Clone, Debug)]
struct Order {
    customer: String,
    tags: Vec<String>,
}

#[derive(Clone, Debug)]
struct Settle {
    note: String,
}

/// The key that its view has is parsed.
#[event]
struct Counted {
    pieces: String,
}

#[derive(Clone, Debug)]
struct Weigh(Vec<i64>);

#[derive(Clone, Debug)]
struct Count(&'static str);

#[aggregate(entity = "SALE")]
#[derive(Default)]
struct Sale {
    ordered: bool,
}

#[aggregate]
impl Sale {
    /// The second time, nothing is left to do.
    #[command]
    fn order(&self, command: Order) -> Result<Option<Ordered>, Infallible> {
        let Order { customer, tags } = command;
        Ok((!self.ordered).then_some(Ordered { customer, tags }))
    }

    #[command]
    fn settle(&self, command: Settle) -> Result<Settled, Infallible> {
        Ok(Settled { note: command.note })
    }

    #[command]
    fn weigh(&self, command: Weigh) -> Result<Vec<Weighed>, Infallible> {
        Ok(command.0.into_iter().map(|grams| Weighed { grams }).collect())
    }

    #[command]
    fn count(&self, command: &Count) -> Result<Counted, Infallible> {
        Ok(Counted { pieces: command.0.to_owned() })
    }

    #[apply]
    fn ordered(&mut self, _: &Ordered) {
        self.ordered = true;
    }

    #[apply]
    fn settled(&mut self, _: &Settled) {}

    #[apply]
    fn weighed(&mut self, _: &Weighed) {}

    #[apply]
    fn counted(&mut self, _: &Counted) {}
}

#[projection(key(customer: String))]
#[derive(Debug, Default, PartialEq)]
struct Customer {
    sales: u32,
}

#[projection(key(customer))]
impl Customer {
    #[apply]
    fn ordered(&mut self, _: &Ordered) {
        self.sales += 1;
    }
}

#[projection(key(kind: String, tag: String))]
#[derive(Debug, Default, PartialEq)]
struct Tagged {
    sales: u32,
}

#[projection(key(kind, tag))]
impl Tagged {
    #[apply(keys = event.tags.iter().map(|tag| ("sale", tag.clone())))]
    fn ordered(&mut self, event: &Ordered) {
        self.sales += u32::from(!event.tags.is_empty());
    }
}

#[projection(key(pieces: i64))]
#[derive(Debug, Default, PartialEq)]
struct PerPiece {
    weighed: u32,
}

#[projection(key(pieces))]
impl PerPiece {
    #[apply(keys = [1000 / event.grams])]
    fn weighed(&mut self, event: &Weighed) {
        self.weighed += u32::from(event.grams > 0);
    }
}

#[projection(key(sale: String, pieces: u64))]
#[derive(Debug, Default, PartialEq)]
struct PerCount {
    counted: u32,
}

#[projection(key(sale, pieces))]
impl PerCount {
    #[apply(key(sale = event.key()?.id().clone(), pieces = event.pieces.parse()?))]
    fn counted(&mut self, event: &Recorded<Counted>) {
        self.counted += u32::from(!event.pieces.is_empty());
    }
}

/// Its name is longer than that of its aggregate, so its key may be too long where the aggregate's is not.
#[projection(Sale, view = "EVERYTHING_THAT_BECAME_OF_A_SALE")]
#[derive(Debug, Default, PartialEq)]
struct Became {
    settled: u32,
}

#[projection(Sale)]
impl Became {
    #[apply]
    fn settled(&mut self, _: &Settled) {
        self.settled += 1;
    }
}

/// Sends a command because of an event.
#[event_handler(Settled)]
async fn reorder(event: &Recorded<Settled>, app: &App) -> Result<(), HandlerError> {
    if event.note == "again" {
        app.execute(&sale("reordered"), order("", &[])).await?;
    }
    Ok(())
}

fn sale(id: &str) -> SaleKey {
    SaleKey::new(&Tenant::new("T").unwrap(), id)
}

fn order(customer: &str, tags: &[&str]) -> Order {
    Order { customer: customer.to_owned(), tags: tags.iter().map(|tag| (*tag).to_owned()).collect() }
}

fn app(store: impl cqrs_core::app::IntoStores, only: &[&str]) -> App {
    App::builder(store)
        .views(MemoryViewStore::new())
        .only(only.iter().copied())
        .settings(|settings| {
            settings.delivery.base = std::time::Duration::ZERO;
            settings.conflict = RetryPolicy { attempts: 3, ..settings.conflict };
        })
        .build()
        .unwrap()
}

const ALL: [&str; 6] = ["Customer", "Tagged", "PerPiece", "PerCount", "Became", "reorder"];

fn fault<R: std::fmt::Debug>(refused: Result<Committed<Sale>, ExecuteError<R>>) -> ViewKeyError {
    match refused {
        Err(ExecuteError::ViewKey(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_command_is_refused_whose_event_a_projection_could_never_take() {
    let endless = "x".repeat(1020);
    // Each of these takes three bytes in a key.
    let escaped = "#".repeat(340);
    // The views are the projections of another process, too: `only([])` runs none of them.
    for only in [&ALL[..], &[]] {
        let store = MemoryEventStore::new();
        let app = app(store.clone(), only);
        for (command, projection, part, says) in [
            (order("", &[]), "Customer", "customer", "`customer` is empty"),
            (
                order(&endless, &[]),
                "Customer",
                "customer",
                "`customer` takes 1020 bytes, so the key takes 1029",
            ),
            (order(&escaped, &[]), "Customer", "customer", "at most 1024"),
            (order("Ada", &["red", ""]), "Tagged", "tag", "`tag` is empty"),
            (order("Ada", &["red", &endless]), "Tagged", "tag", "`tag` takes 1020 bytes"),
        ] {
            let error = fault(app.execute(&sale("1"), command.clone()).await);
            assert_eq!((error.projection, &*error.event, error.part), (projection, "Ordered", Some(part)));
            let text = error.to_string();
            assert!(text.contains(says) && text.contains("reject such a command"), "{text}");
        }
        let error = fault(app.execute(&sale("1"), Weigh(vec![1, 0])).await);
        assert_eq!((error.projection, error.part), ("PerPiece", None));
        assert!(error.reason.contains("panicked"), "{error}");
        let error = fault(app.execute(&sale("1"), Count("a dozen")).await);
        assert_eq!((error.projection, error.part), ("PerCount", None));
        assert_eq!(error.reason, "its key: invalid digit found in string");
        assert_eq!(app.load(&sale("1")).await.unwrap().version, Version::NONE, "nothing is written");

        // The longest that there may be.
        app.execute(&sale("1"), order(&"x".repeat(1015), &["red", "red"])).await.unwrap();
        app.execute(&sale("1"), Weigh(vec![10])).await.unwrap();
        app.execute(&sale("1"), Count("12")).await.unwrap();
        app.execute(&sale("1"), Settle { note: endless.clone() }).await.unwrap();
        app.run_until_idle().await.unwrap();
        assert_eq!(app.dead_letters().list().await.unwrap(), []);
        if !only.is_empty() {
            let key = PerCountKey::new(&Tenant::new("T").unwrap(), "1", 12);
            assert_eq!(app.view::<PerCount>(&key).await.unwrap(), Some(PerCount { counted: 1 }));
        }
    }
}

#[tokio::test]
async fn an_id_is_refused_that_leaves_a_view_no_place() {
    let store = MemoryEventStore::new();
    let app = app(store, &ALL);
    // The aggregate's own key takes it.
    let long = sale(&"x".repeat(1000));
    assert!(long.stream().is_ok());
    for refused in [
        app.execute(&long, order("Ada", &[])).await,
        // Another event is the first of the stream, which its view does not listen to.
        app.execute(&long, Settle { note: String::new() }).await,
    ] {
        let error = fault(refused);
        assert_eq!((error.projection, error.part), ("Became", Some("id")));
        assert!(error.to_string().contains("takes 1033, and DynamoDB takes at most 1024"), "{error}");
        assert!(error.to_string().ends_with("a shorter id"), "{error}");
    }
    let longest = sale(&"x".repeat(991));
    app.execute(&longest, Settle { note: String::new() }).await.unwrap();

    // The fence of a view across aggregates is at the stream's partition.
    let crowded = SaleKey::new(&Tenant::new("t".repeat(2040)).unwrap(), "1");
    assert!(crowded.stream().is_ok());
    let error = fault(app.execute(&crowded, Weigh(vec![1])).await);
    assert!(error.reason.contains("at most 2048"), "{error}");

    app.run_until_idle().await.unwrap();
    assert_eq!(app.dead_letters().list().await.unwrap(), []);
    assert_eq!(app.view::<Became>(&longest).await.unwrap(), Some(Became { settled: 1 }));
}

#[tokio::test]
async fn a_decision_on_an_old_state_is_made_again_before_it_is_refused() {
    let store = MemoryEventStore::new();
    let (one, other) = (app(store.clone(), &[]), app(store, &[]));
    one.load(&sale("1")).await.unwrap();
    fault(one.execute(&sale("1"), order("", &[])).await);
    other.execute(&sale("1"), order("Ada", &[])).await.unwrap();
    let done = one.execute(&sale("1"), order("", &[])).await.unwrap();
    assert_eq!(done.outcome, Outcome::Unchanged, "it has been ordered meanwhile");
}

#[tokio::test]
async fn what_is_refused_costs_no_request_and_what_is_not_costs_none_more() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app(dynamo.event_store(), &[]);
    app.execute(&sale("1"), Settle { note: String::new() }).await.unwrap();
    dynamo.spent(app.execute(&sale("1"), order("Ada", &["red"]))).await.requests(1).wcu(1);
    dynamo.spent(app.execute(&sale("2"), Weigh(vec![0]))).await.requests(1).wcu(0);
}

#[tokio::test]
async fn a_command_of_a_handler_that_is_refused_is_final_and_says_why() {
    let app = app(MemoryEventStore::new(), &ALL);
    app.execute(&sale("1"), Settle { note: "again".to_owned() }).await.unwrap();
    app.run_until_idle().await.unwrap();
    let letters = app.dead_letters().list().await.unwrap();
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!((letter.id.subscriber.as_str(), letter.attempts), ("reorder", 1));
    assert!(letter.reason.contains("command `Order` to stream T#SALE SALE#reordered"), "{}", letter.reason);
    assert!(letter.reason.contains("projection `Customer`"), "{}", letter.reason);
}

#[test]
fn a_scenario_shows_the_same_error() {
    let panic = catch_unwind(|| Scenario::<Sale>::new().given_command(order("", &[]))).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains("`customer` is empty") && text.contains("projection `Customer`"), "{text}");
    // What had happened before may be as it is.
    let stored = Ordered { customer: String::new(), tags: Vec::new() };
    let _ = Scenario::<Sale>::given(stored).given_command(Weigh(vec![1]));
}

#[tokio::test]
async fn a_program_without_the_projection_says_which_texts_are_a_key() {
    let app = App::builder(MemoryEventStore::new())
        .only([])
        .view_key("NOTES_OF_A_DAY", |event: &Settled| [("day", "2024-01-31"), ("note", event.note.as_str())])
        .build()
        .unwrap();
    // The name, two separators, the day.
    let room = 1024 - 14 - 2 - 10;
    for (note, says) in [
        (String::new(), "`note` is empty"),
        ("x".repeat(room + 1), "so the key takes 1025, and DynamoDB takes at most 1024"),
        ("@".repeat(room / 3 + 1), "DynamoDB takes at most 1024"),
    ] {
        let error = fault(app.execute(&sale("1"), Settle { note }).await);
        assert_eq!((error.projection, error.part), ("NOTES_OF_A_DAY", Some("note")));
        assert!(error.to_string().contains(says), "{error}");
    }
    app.execute(&sale("1"), Settle { note: "x".repeat(room) }).await.unwrap();
}
