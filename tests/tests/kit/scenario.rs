//! Scenarios of aggregates.

use cqrs_core::prelude::*;
use cqrs_core::testing::Scenario;
use cqrs_tests::bank::{
    Account, AccountEvent, Deposit, DepositAll, Deposited, Open, Opened, Refusal, Withdraw, Withdrawn,
    deposit,
};

use crate::message;

fn opened() -> Opened {
    Opened { owner: "Ada".into() }
}

fn deposited(cents: u64) -> Deposited {
    Deposited { owner: "Ada".into(), cents, note: String::new() }
}

#[test]
fn a_story_continues_after_each_then() {
    Scenario::<Account>::new()
        .when(Open { owner: "Ada".into() })
        .then(opened())
        .when(DepositAll(vec![3, 4]))
        .then([deposited(3), deposited(4)])
        .when(Withdraw { cents: 8 })
        .then_rejected(Refusal::TooLittle(7))
        .when(deposit(0))
        .then_unchanged()
        .when(Withdraw { cents: 7 })
        .then_accepted()
        .then_state(|account| assert_eq!((account.balance, account.folded), (0, 4)));
}

#[test]
fn events_are_given_in_every_form_and_commands_too() {
    let balance = |scenario: Scenario<Account>, cents: u64| {
        scenario.then_state(move |account| assert_eq!(account.balance, cents));
    };
    balance(Scenario::given((opened(), deposited(1), deposited(2))), 3);
    balance(Scenario::given([deposited(1), deposited(2)]).and_given(vec![deposited(3)]), 6);
    balance(Scenario::given([AccountEvent::from(opened()), deposited(1).into()]), 1);
    balance(Scenario::given(opened()).given_command(deposit(5)).given_command(DepositAll(vec![1, 1])), 7);
    Scenario::<Account>::given(())
        .when(deposit(1))
        .then_rejected_if(|refusal| matches!(refusal, Refusal::Unknown));
}

/// What is decided shows all that a decision may know.
#[event]
struct Noted {
    line: String,
}

struct Note;

#[aggregate(entity = "NOTE")]
#[derive(Default)]
struct Notes {}

#[aggregate]
impl Notes {
    #[command]
    fn note(&self, _: &Note, context: &CommandContext) -> Result<Noted, std::convert::Infallible> {
        let metadata = context.metadata();
        let by = metadata.created_by.as_deref().unwrap_or("nobody");
        let (id, correlation) = (&metadata.command_id, &metadata.correlation_id);
        Ok(Noted { line: format!("{} {} {by} {id} {correlation}", context.version(), context.now()) })
    }

    #[apply]
    fn noted(&mut self, _: &Noted) {}
}

#[test]
fn time_user_and_metadata_are_the_same_in_every_run() {
    let noted = |line: &str| Noted { line: line.to_owned() };
    let moment: Timestamp = "2024-03-01T00:00:00Z".parse().unwrap();
    Scenario::<Notes>::new()
        .when(Note)
        .then(noted("0 2024-01-01T00:00:00.000Z nobody command-1 command-1"))
        .at("2024-02-01T10:00:00+01:00")
        .by("ada")
        .when(Note)
        .then(noted("1 2024-02-01T09:00:00.000Z ada command-2 command-2"))
        .at(moment)
        .metadata(|metadata| metadata.correlation_id = "request-1".to_owned())
        .when(Note)
        .then(noted("2 2024-03-01T00:00:00.000Z ada command-3 request-1"))
        .and_given([noted(""), noted("")])
        .when(Note)
        .then(noted("5 2024-03-01T00:00:00.000Z ada command-6 command-6"));
    let said = message(|| Scenario::<Notes>::new().at("tomorrow"));
    assert_eq!(said, "`tomorrow` is not an RFC 3339 time such as `2024-01-01T10:00:00Z`");
}

#[test]
fn other_events_are_reported_by_field() {
    let said = message(|| {
        Scenario::<Account>::given((opened(), deposited(9)))
            .when(Deposit { cents: 5, note: "rent".into() })
            .then([Deposited { owner: "Ada".into(), cents: 6, note: "food".into() }, deposited(1)])
    });
    let wanted = r#"`Account` decided differently on `Deposit`
  event 1, `Deposited`
    `cents`
      expected 6
      actual   5
    `note`
      expected "food"
      actual   "rent"
  event 2 did not come: Deposited {"cents":1,"note":"","owner":"Ada"}
given
  1. Opened {"owner":"Ada"}
  2. Deposited {"cents":9,"note":"","owner":"Ada"}"#;
    assert_eq!(said, wanted);
}

#[test]
fn a_rejection_is_reported_where_events_were_expected() {
    let said = message(|| {
        Scenario::<Account>::given(opened())
            .when(Withdraw { cents: 5 })
            .then(Withdrawn { owner: "Ada".into(), cents: 5 })
    });
    let wanted = r#"`Account` should have decided on events, but rejected `Withdraw`
rejection
  TooLittle(0)
expected
  1. Withdrawn {"cents":5,"owner":"Ada"}
given
  1. Opened {"owner":"Ada"}"#;
    assert_eq!(said, wanted);
    let said = message(|| Scenario::<Account>::new().given_command(deposit(1)));
    let wanted = "\
`Account` should have accepted, but rejected `Deposit`
rejection
  Unknown
given
  no events";
    assert_eq!(said, wanted);
}

#[test]
fn events_are_reported_where_a_rejection_was_expected() {
    let said = message(|| {
        Scenario::<Account>::given(opened()).when(deposit(5)).then_rejected(Refusal::TooLittle(0))
    });
    let wanted = r#"`Account` should have rejected, but accepted `Deposit`
expected
  TooLittle(0)
decided on
  1. Deposited {"cents":5,"note":"","owner":"Ada"}
given
  1. Opened {"owner":"Ada"}"#;
    assert_eq!(said, wanted);
}

#[test]
fn another_rejection_is_told_beside_the_expected_one() {
    let said = message(|| {
        Scenario::<Account>::new().when(Withdraw { cents: 5 }).then_rejected(Refusal::TooLittle(0))
    });
    let wanted = "\
`Account` rejected for another reason `Withdraw`
  expected TooLittle(0)
  actual   Unknown
given
  no events";
    assert_eq!(said, wanted);
    let said = message(|| Scenario::<Account>::new().when(Withdraw { cents: 5 }).then_rejected_if(|_| false));
    let wanted = "\
`Account` rejected for another reason `Withdraw`
rejection
  Unknown
given
  no events";
    assert_eq!(said, wanted);
}

#[test]
fn a_change_is_reported_where_none_was_expected() {
    let said = message(|| Scenario::<Account>::given(opened()).when(deposit(5)).then_unchanged());
    let wanted = r#"`Account` should have stayed unchanged on `Deposit`
decided on
  1. Deposited {"cents":5,"note":"","owner":"Ada"}
given
  1. Opened {"owner":"Ada"}"#;
    assert_eq!(said, wanted);
    let said = message(|| Scenario::<Account>::new().when(deposit(5)).then_unchanged());
    assert!(
        said.starts_with(
            "`Account` should have stayed unchanged, but rejected `Deposit`\nrejection\n  Unknown\n"
        ),
        "{said}"
    );
}

#[event]
struct Weighed {
    grams: f64,
    #[serde(skip)]
    scales: u32,
}

#[aggregate(entity = "BOX")]
#[derive(Default)]
struct Box {
    scales: u32,
}

#[aggregate]
impl Box {
    #[apply]
    fn weighed(&mut self, event: &Weighed) {
        let _ = event.grams;
        self.scales += event.scales;
    }
}

#[test]
fn what_is_given_goes_through_its_stored_form() {
    let weighed = |grams| Weighed { grams, scales: 7 };
    Scenario::<Box>::given(weighed(1.5)).then_state(|state| assert_eq!(state.scales, 0, "serde skips it"));
    let said = message(|| Scenario::<Box>::given(weighed(f64::NAN)));
    assert!(said.starts_with("event `Weighed` cannot be serialized: it could not be read back"), "{said}");
}
