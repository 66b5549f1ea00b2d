//! Scenarios of projections.

use cqrs_core::prelude::*;
use cqrs_core::testing::ProjectionScenario;
use cqrs_tests::bank::{Deposited, Opened, Statement, Wealth, WealthKey, Withdrawn, account, tenant};

use crate::message;

fn deposited(owner: &str, cents: u64) -> Deposited {
    Deposited { owner: owner.into(), cents, note: String::new() }
}

#[test]
fn a_view_at_its_aggregates_key_follows_its_stream_alone() {
    let opened = Opened { owner: "Ada".into() };
    ProjectionScenario::<Statement>::given(&account("1"), (opened, deposited("Ada", 5)))
        .then(&account("1"), Statement { lines: vec![5] })
        .then_none(&account("2"))
        .and_given(&account("2"), [deposited("Bob", 9)])
        .and_given(&account("1"), Withdrawn { owner: "Ada".into(), cents: 2 })
        .then(&account("1"), Statement { lines: vec![5, -2] })
        .then(&account("2"), Statement { lines: vec![9] });
}

#[test]
fn a_view_across_aggregates_takes_its_key_from_the_events() {
    let key = |owner: &str| WealthKey::new(&tenant(), owner);
    ProjectionScenario::<Wealth>::given(&account("1"), deposited("Ada", 5))
        .and_given(&account("2"), (deposited("Ada", 6), deposited("Bob", 1)))
        .then(&key("Ada"), Wealth { cents: 11, folded: 2 })
        .then(&key("Bob"), Wealth { cents: 1, folded: 1 })
        .then_none(&key("Eve"));
}

/// When an account was last used, and by whom.
#[projection(cqrs_tests::bank::Account)]
#[derive(Default)]
struct LastUse {
    at: Option<Timestamp>,
    by: Option<String>,
}

#[projection(cqrs_tests::bank::Account)]
impl LastUse {
    #[apply]
    fn deposited(&mut self, event: &Recorded<Deposited>) {
        self.at = Some(event.metadata().created_at);
        self.by.clone_from(&event.metadata().created_by);
    }
}

#[tokio::test]
async fn time_and_user_are_the_tests_and_a_runtime_is_no_harm() {
    let mut scenario = ProjectionScenario::<LastUse>::new().at("2024-02-01T00:00:00Z").by("ada");
    // More than a task of the runtime may do without a pause.
    for cents in 0..300 {
        scenario = scenario.and_given(&account("1"), deposited("Ada", cents));
    }
    let view = LastUse { at: Some("2024-02-01T00:00:00Z".parse().unwrap()), by: Some("ada".into()) };
    scenario.then(&account("1"), view);
}

#[test]
fn another_view_is_reported_by_field() {
    let said = message(|| {
        ProjectionScenario::<Statement>::given(&account("1"), [deposited("Ada", 5), deposited("Ada", 6)])
            .then(&account("1"), Statement { lines: vec![5, 7, 8] })
    });
    let wanted = r#"view STATEMENT#1 is another one
  `lines[1]`
    expected 7
    actual   6
  `lines[2]`
    expected 8
    actual   (no such item)
given
  1. ACCOUNT#1 Deposited {"cents":5,"note":"","owner":"Ada"}
  2. ACCOUNT#1 Deposited {"cents":6,"note":"","owner":"Ada"}"#;
    assert_eq!(said, wanted);
}

#[test]
fn a_view_that_is_missing_or_too_many_is_reported_with_those_there_are() {
    let said = message(|| {
        ProjectionScenario::<Statement>::given(&account("1"), deposited("Ada", 5))
            .then(&account("2"), Statement::default())
    });
    let wanted = r#"there is no view STATEMENT#2
views
  STATEMENT#1
given
  1. ACCOUNT#1 Deposited {"cents":5,"note":"","owner":"Ada"}"#;
    assert_eq!(said, wanted);
    let said = message(|| {
        ProjectionScenario::<Statement>::given(&account("1"), deposited("Ada", 5)).then_none(&account("1"))
    });
    let wanted = r#"there is a view STATEMENT#1
view
  {"lines":[5]}
given
  1. ACCOUNT#1 Deposited {"cents":5,"note":"","owner":"Ada"}"#;
    assert_eq!(said, wanted);
}

/// A view that can take no key from some events.
#[projection(key(owner: String))]
#[derive(Default)]
struct Owners {}

#[projection(key(owner))]
impl Owners {
    #[apply]
    fn opened(&mut self, _: &Opened) {}
}

#[test]
fn an_event_that_the_projection_cannot_take_is_reported() {
    let said =
        message(|| ProjectionScenario::<Owners>::given(&account("1"), Opened { owner: String::new() }));
    let wanted = r#"projection `Owners` cannot take the last of these events
reason
  the key's `owner` is empty; every part of a key needs at least one character
given
  1. ACCOUNT#1 Opened {"owner":""}"#;
    assert_eq!(said, wanted);
}
