//! Scenarios of processes that are wrong.

use std::sync::atomic::{AtomicU32, Ordering};

use cqrs_core::prelude::*;
use cqrs_core::testing::ProcessScenario;
use cqrs_tests::bank::{Opened, account, tenant};

use crate::message;

static DRAWN: AtomicU32 = AtomicU32::new(0);

/// A process that draws its key, so that an event that comes again starts another instance.
#[process(key(number: String))]
#[derive(Clone, Default)]
struct Lottery {}

#[process(key(number), unknown = "fail")]
impl Lottery {
    #[react(start, key(number = DRAWN.fetch_add(1, Ordering::SeqCst).to_string()))]
    fn opened(&self, _: &Opened) -> Reaction {
        Reaction::new()
    }
}

#[test]
fn a_process_that_does_not_bear_its_event_twice_is_reported() {
    let opened = || {
        let lottery = LotteryKey::new(&tenant(), DRAWN.load(Ordering::SeqCst).to_string());
        ProcessScenario::<Lottery>::of(&lottery).when(&account("1"), Opened { owner: "Ada".into() })
    };
    let said = message(|| opened().twice());
    let wanted = r#"process `Lottery` does not tolerate duplicates: the second delivery took 1 steps; does its key come from the event alone?
given
  1. ACCOUNT#1 Opened {"owner":"Ada"}"#;
    assert_eq!(said, wanted);
    let said = message(|| opened().then_came("unpaid"));
    assert_eq!(said, "`Lottery` has no deadline `unpaid`; it has none");
    let said = message(|| opened().then_passed_over());
    assert!(
        said.starts_with(
            "process `Lottery` should have passed it over, but did not\n  it took a step, and sent nothing\n"
        ),
        "{said}"
    );
}
