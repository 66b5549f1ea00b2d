//! The test kit: a handler that schedules.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cqrs_core::testing::{Handled, HandlerScenario};

use crate::hotel::{CheckedIn, MINUTE, release, room};

fn message<T>(test: impl FnOnce() -> T) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(test)) else { panic!("it does not fail") };
    *panic.downcast::<String>().unwrap()
}

fn woken() -> Handled {
    HandlerScenario::of("wake_up")
        .at("2024-01-01T10:00:00Z")
        .when(&room("1"), CheckedIn { guest: "Ada".into() })
        .twice()
        .run()
        .then_done()
}

#[test]
fn what_a_handler_schedules_is_seen() {
    let in_a_while: cqrs_core::Timestamp = "2024-01-01T10:10:00Z".parse().unwrap();
    woken()
        .then_scheduled(&room("1"), release("wake 1"), in_a_while)
        .then_scheduled(&room("1"), release("wake 2"), "2024-01-01T10:20:00Z")
        .then_scheduled(&room("1"), release("wake 2"), in_a_while + 10 * MINUTE)
        .then_sent_no_more();
}

#[test]
fn other_commands_are_reported() {
    let said = message(|| woken().then_scheduled(&room("1"), release("wake 2"), "2024-01-01T10:10:00Z"));
    let wanted = r#"handler `wake_up` scheduled `ReleaseRoom` with other data
  `reason`
    expected "wake 2"
    actual   "wake 1"
given
  1. TIMED_ROOM#1 CheckedIn {"guest":"Ada"}"#;
    assert_eq!(said, wanted);
    let said = message(|| woken().then_scheduled(&room("1"), release("wake 1"), "2024-01-01T10:11:00Z"));
    let wanted = "handler `wake_up` scheduled another command than `ReleaseRoom`
  expected ReleaseRoom to TIMED_ROOM#1, due 2024-01-01T10:11:00.000Z
  actual   ReleaseRoom to TIMED_ROOM#1, due 2024-01-01T10:10:00.000Z
";
    assert!(said.starts_with(wanted), "{said}");
    let said = message(|| woken().then_sent_no_more());
    let wanted = "handler `wake_up` sent more
  1. ReleaseRoom to TIMED_ROOM#1, due 2024-01-01T10:10:00.000Z
";
    assert!(said.starts_with(wanted), "{said}");
}
