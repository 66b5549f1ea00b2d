//! A stream that others write to whenever a command is decided.

use std::convert::Infallible;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_http::Api;

use crate::bank::Teller;
use crate::client::Client;

static OTHERS: OnceLock<App> = OnceLock::new();

#[event]
pub struct Counted {}

#[command]
pub struct Count {}

#[command]
pub struct CountToo {}

#[aggregate(entity = "COUNTER")]
#[derive(Default)]
pub struct Counter {}

#[aggregate]
impl Counter {
    #[command]
    fn count(&self, _: &Count) -> Result<Counted, Infallible> {
        let others = async {
            let counter = CounterKey::new(&Tenant::new("BANK").unwrap(), "1");
            OTHERS.get().unwrap().execute(&counter, CountToo {}).await.unwrap();
        };
        // A command is decided in the midst of a runtime, and waits for nothing.
        let run = || tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(others);
        thread::scope(|scope| scope.spawn(run).join().unwrap());
        Ok(Counted {})
    }

    #[command]
    fn count_too(&self, _: &CountToo) -> Result<Counted, Infallible> {
        Ok(Counted {})
    }

    #[apply]
    fn counted(&mut self, _: &Counted) {}
}

#[tokio::test]
async fn a_conflict_is_a_fault_of_the_client_only_if_it_expects_a_version() {
    let store = MemoryEventStore::new();
    let views = MemoryViewStore::new;
    let builder = App::builder(store.clone()).views(views()).settings(|settings| {
        settings.conflict.attempts = 2;
        settings.conflict.base = Duration::ZERO;
    });
    let app = builder.build().unwrap();
    OTHERS.set(App::builder(store).views(views()).build().unwrap()).unwrap();
    let router = Api::<Teller>::new(&app).command::<Counter, Count>().router().unwrap();
    let bank = Client::new(&router, "BANK/ada");

    for headers in [&[][..], &[("idempotency-key", "k")]] {
        let late = bank.post("/counters/1/count", headers, "{}").await;
        assert_eq!((late.problem(), late.header("retry-after")), ((503, "conflict".into()), Some("1")));
    }
    let condition = [("if-match", "\"4\"")];
    let refused = bank.post("/counters/1/count", &condition, "{}").await;
    assert_eq!((refused.problem(), refused.header("retry-after")), ((412, "version-mismatch".into()), None));
    assert_eq!(refused.json()["actual"], 5);
}
