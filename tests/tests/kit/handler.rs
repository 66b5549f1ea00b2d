//! Scenarios of handlers.

use std::sync::{Arc, Mutex};

use cqrs_core::prelude::*;
use cqrs_core::testing::HandlerScenario;
use cqrs_tests::bank::{Deposit, Deposited, Open, Opened, account, deposit};

use crate::message;

type Handled = Result<(), HandlerError>;

/// What was written on paper.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<String>>>);

struct Clerk {
    paper: Paper,
}

#[event_handler(Opened, Deposited, name = "clerk")]
impl Clerk {
    async fn opened(&self, event: &Recorded<Opened>) -> Handled {
        if event.owner.is_empty() {
            return Err(HandlerError::permanent("nobody owns it"));
        }
        self.write(&format!("{} {} {}", event.stream().sk(), event.version(), event.owner))
    }

    async fn deposited(&self, event: &Recorded<Deposited>) -> Handled {
        self.write(&format!("{} {} {}", event.version(), event.index(), event.cents))
    }

    fn write(&self, line: &str) -> Handled {
        if self.paper.0.lock().unwrap().len() == 3 {
            return Err(HandlerError::retry("the paper is full"));
        }
        self.paper.0.lock().unwrap().push(line.to_owned());
        Ok(())
    }
}

/// Hands a deposit on, half of it to each of the accounts that its note names.
#[event_handler(Deposited, name = "share")]
async fn share(event: &Recorded<Deposited>, app: &App) -> Handled {
    for number in event.note.split_whitespace() {
        // A timer needs a runtime.
        tokio::time::sleep(std::time::Duration::ZERO).await;
        app.execute(&account(number), deposit(event.cents / 2)).await?;
    }
    Ok(())
}

/// One that brings ids of its own, which the next delivery does not find again.
#[event_handler(Deposited, name = "forgetful")]
async fn forgetful(event: &Recorded<Deposited>, app: &App, drawn: &Mutex<u32>) -> Handled {
    let id = {
        let mut drawn = drawn.lock().unwrap();
        *drawn += 1;
        drawn.to_string()
    };
    app.execute(&account(&event.note), deposit(1)).command_id(id).await?;
    Ok(())
}

#[event_handler(Opened, name = "greeter", once)]
async fn greeter(event: &Recorded<Opened>, app: &App, paper: &Paper) -> Handled {
    paper.0.lock().unwrap().push(event.owner.clone());
    app.execute(&event.key()?, deposit(1)).await?;
    Ok(())
}

fn opened(owner: &str) -> Opened {
    Opened { owner: owner.into() }
}

fn deposited(cents: u64, note: &str) -> Deposited {
    Deposited { owner: "Ada".into(), cents, note: note.into() }
}

fn clerk(paper: &Paper) -> HandlerScenario {
    HandlerScenario::of("clerk").provide(Clerk { paper: paper.clone() })
}

#[test]
fn effects_and_results_are_seen() {
    let paper = Paper::default();
    clerk(&paper).when(&account("1"), opened("Ada")).run().then_done().then_sent_no_more();
    clerk(&paper)
        .given(&account("1"), opened("Ada"))
        .when(&account("1"), [deposited(5, ""), deposited(6, "")])
        .run()
        .then_done();
    assert_eq!(*paper.0.lock().unwrap(), ["ACCOUNT#1 1 Ada", "2 0 5", "2 1 6"]);
    clerk(&paper).when(&account("1"), opened("Bob")).run().then_retry("paper is full");
    clerk(&paper).when(&account("1"), opened("")).run().then_permanent("nobody");
}

fn shared() -> cqrs_core::testing::Handling {
    HandlerScenario::of("share")
        .given(&account("1"), opened("Ada"))
        .given(&account("2"), opened("Bob"))
        .given(&account("3"), opened("Eve"))
        .when(&account("1"), deposited(8, "2 3"))
}

#[test]
fn commands_are_compared_in_their_order() {
    let handled = shared()
        .twice()
        .run()
        .then_done()
        .then_sent(&account("2"), deposit(4))
        .then_sent(&account("3"), deposit(4))
        .then_sent_no_more();
    let ids: Vec<String> = handled.command_ids().into_iter().map(str::to_owned).collect();
    let again = shared().run();
    assert_eq!(again.command_ids(), ids, "they follow from the event");
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn in_an_async_test_the_scenario_is_awaited() {
    shared().await.then_done().then_sent(&account("2"), deposit(4));
    let said = message(|| shared().run());
    assert_eq!(said, "there is a runtime already: write `.await` instead of `.run()`");
}

#[test]
fn an_event_that_comes_again_to_a_handler_with_an_inbox_has_no_effect() {
    let paper = Paper::default();
    HandlerScenario::of("greeter")
        .provide(paper.clone())
        .when(&account("1"), opened("Ada"))
        .twice()
        .run()
        .then_done()
        .then_sent(&account("1"), deposit(1));
    assert_eq!(*paper.0.lock().unwrap(), ["Ada"]);
}

#[test]
fn a_failure_is_reported_with_its_kind_and_reason() {
    let said = message(|| clerk(&Paper::default()).when(&account("1"), opened("")).run().then_done());
    let wanted = r#"handler `clerk` should have done its work, but failed for good
  nobody owns it
given
  1. ACCOUNT#1 Opened {"owner":""}"#;
    assert_eq!(said, wanted);
    let said =
        message(|| clerk(&Paper::default()).when(&account("1"), opened("")).run().then_retry("nobody"));
    assert!(
        said.starts_with(
            "handler `clerk` should have failed and tried again, but failed for good\n  nobody owns it\n"
        ),
        "{said}"
    );
    let said =
        message(|| clerk(&Paper::default()).when(&account("1"), opened("")).run().then_permanent("no ink"));
    let wanted = "handler `clerk` failed for another reason\n  expected no ink\n  actual   nobody owns it\n";
    assert!(said.starts_with(wanted), "{said}");
    let said = message(|| {
        clerk(&Paper::default()).when(&account("1"), opened("Ada")).run().then_permanent("no ink")
    });
    assert!(
        said.starts_with("handler `clerk` should have failed for good, but did its work\ngiven\n"),
        "{said}"
    );
}

#[test]
fn other_commands_are_reported() {
    let said = message(|| shared().run().then_sent(&account("2"), deposit(5)));
    let wanted = r#"handler `share` sent another command than `Deposit`
  expected Deposit { cents: 5, note: "" } to ACCOUNT#2
  actual   Deposit { cents: 4, note: "" } to ACCOUNT#2
given
  1. ACCOUNT#1 Opened {"owner":"Ada"}
  2. ACCOUNT#2 Opened {"owner":"Bob"}
  3. ACCOUNT#3 Opened {"owner":"Eve"}
  4. ACCOUNT#1 Deposited {"cents":8,"note":"2 3","owner":"Ada"}"#;
    assert_eq!(said, wanted);
    let said = message(|| shared().run().then_sent(&account("3"), Open { owner: "Bob".into() }));
    let wanted = r#"handler `share` sent another command than `Open`
  expected Open { owner: "Bob" } to ACCOUNT#3
  actual   Deposit to ACCOUNT#2
"#;
    assert!(said.starts_with(wanted), "{said}");
    let said = message(|| shared().run().then_sent(&account("2"), deposit(4)).then_sent_no_more());
    assert!(said.starts_with("handler `share` sent more\n  1. Deposit to ACCOUNT#3\ngiven\n"), "{said}");
    let said = message(|| {
        clerk(&Paper::default())
            .when(&account("1"), opened("Ada"))
            .run()
            .then_sent(&account("1"), Deposit::default())
    });
    let wanted = r#"handler `clerk` sent no such command
  expected Deposit { cents: 0, note: "" } to ACCOUNT#1
"#;
    assert!(said.starts_with(wanted), "{said}");
}

#[test]
fn a_handler_that_does_not_bear_its_event_twice_is_reported() {
    let said = message(|| {
        HandlerScenario::of("forgetful")
            .provide(Mutex::new(0_u32))
            .given(&account("2"), opened("Bob"))
            .when(&account("1"), deposited(8, "2"))
            .twice()
            .run()
    });
    let wanted = "\
`forgetful` sent other commands when its event came again
first
  1. Deposit to ACCOUNT#2 1
then
  1. Deposit to ACCOUNT#2 2";
    assert_eq!(said, wanted);
}

#[test]
fn a_scenario_that_cannot_begin_says_why() {
    let said = message(|| HandlerScenario::of("clerc").when(&account("1"), opened("Ada")).run());
    assert!(said.contains("no subscriber is called `clerc`; there are: "), "{said}");
    let said = message(|| HandlerScenario::of("clerk").when(&account("1"), opened("Ada")).run());
    assert!(
        said.contains("needs `kit::handler::Clerk` to run on, and none was provided: add `.provide(…)`"),
        "{said}"
    );
    let said = message(|| HandlerScenario::of("share").when(&account("1"), opened("Ada")).run());
    assert_eq!(said, "`share` does not listen to `Opened`; it takes `Deposited`");
    let said = message(|| HandlerScenario::of("Statement").when(&account("1"), deposited(1, "")).run());
    assert_eq!(said, "`Statement` is a projection: see `ProjectionScenario`");
}
