//! Tokens whose commits can never be in the view: the read neither waits for them nor sends a request.

use cqrs_core::app::ReadError;
use cqrs_tests::bank::{Statement, Wealth};
use cqrs_tests::faults::{Fault, Faults, database};

use crate::*;

#[event]
struct Hired {
    name: String,
}

struct Hire;

/// A person without an account: nothing of these streams goes into the views of the bank.
#[aggregate(entity = "CLERK")]
#[derive(Default)]
struct Staff;

#[aggregate]
impl Staff {
    #[command]
    fn hire(&self, _: &Hire) -> Result<Hired, std::convert::Infallible> {
        Ok(Hired { name: "Bob".into() })
    }

    #[apply]
    fn hired(&mut self, _: &Hired) {}
}

#[tokio::test]
async fn a_token_of_another_stream_or_tenant_is_refused_before_any_request() {
    let (database, dynamo) = database().await;
    let key = open(&front(&dynamo), "1", 0).await;
    let faults = Faults::new(&database, |call| panic!("{call:?}"));
    let front = front(&faults.dynamo());
    let foreign = AccountKey::new(&Tenant::new("RIVAL").unwrap(), "1");
    let other = bank::account("2");

    let token = CommitToken::new(other.stream().unwrap(), Version::new(1));
    let error = front.view::<Statement>(&key).at_least(token).within(FOR_EVER).await.unwrap_err();
    assert!(matches!(&error, ReadError::OtherStream { of, .. } if *of == key.stream().unwrap()), "{error}");
    let said = error.to_string();
    assert!(
        said.contains("ACCOUNT#2") && said.contains("ACCOUNT#1") && said.contains("`Statement`"),
        "{said}"
    );

    let token = CommitToken::new(foreign.stream().unwrap(), Version::new(1));
    let error = front.view::<Wealth>(&ada()).at_least(token).within(FOR_EVER).await.unwrap_err();
    assert!(matches!(&error, ReadError::OtherTenant { named, .. } if named.as_str() == "RIVAL"), "{error}");
    let said = error.to_string();
    assert!(said.contains("`RIVAL`") && said.contains("`BANK`") && said.contains("`Wealth`"), "{said}");
}

#[tokio::test]
async fn a_commit_of_an_aggregate_that_the_views_know_nothing_of_is_not_looked_for() {
    let (database, dynamo) = database().await;
    let app = front(&dynamo);
    let clerk = StaffKey::new(&tenant(), "1");
    let token = app.execute(&clerk, Hire).await.unwrap().token();
    let faults = Faults::new(&database, |call| {
        let reads_view = call.body.contains("WEALTH#Ada") || call.body.contains("@WEALTH");
        assert!(call.operation == "GetItem" && reads_view, "{call:?}");
        Fault::None
    });
    let front = front(&faults.dynamo());
    assert_eq!(front.view::<Wealth>(&ada()).at_least(token).within(FOR_EVER).await.unwrap(), None);
}

#[tokio::test]
async fn a_commit_that_the_store_does_not_have_is_not_waited_for() {
    let (_database, dynamo) = database().await;
    let worker = worker(&dynamo);
    let key = open(&worker, "1", 3).await;
    worker.run_until_idle().await.unwrap();
    for version in [5, 9, 1_000, Version::MAX.get()] {
        let token = CommitToken::new(key.stream().unwrap(), Version::new(version));
        let error = worker.view::<Statement>(&key).at_least(&token).within(FOR_EVER).await.unwrap_err();
        assert!(
            matches!(error, ReadError::NotStored { version: named, .. } if named.get() == version),
            "{error}"
        );
        let error = worker.view::<Wealth>(&ada()).at_least(token).within(FOR_EVER).await.unwrap_err();
        let said = error.to_string();
        assert!(said.contains(&format!("no commit {version} of stream")), "{said}");
    }
}
