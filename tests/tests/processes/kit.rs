//! The test kit: scenarios of a process, its chaos, its wiring.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::testing::{Clock, DeliveryChaos, ProcessScenario, WiringProof};

use crate::booking::*;

/// The message of a failing test.
fn message<T>(test: impl FnOnce() -> T) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(test)) else { panic!("it does not fail") };
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => (*panic.downcast_ref::<&str>().unwrap()).to_owned(),
    }
}

fn held(name: &str) -> RoomHeld {
    RoomHeld { booking: name.into(), cents: 100 }
}

fn paid(name: &str) -> Paid {
    Paid { booking: name.into() }
}

fn confirm(name: &str) -> ConfirmRoom {
    ConfirmRoom { booking: name.into() }
}

fn release(name: &str, reason: &str) -> ReleaseRoom {
    ReleaseRoom { booking: name.into(), reason: reason.into() }
}

fn payment_of(name: &str) -> PaymentKey {
    payment(&booking(name))
}

fn scenario() -> ProcessScenario<Booking> {
    ProcessScenario::of(&booking("1")).at("2024-01-01T10:00:00Z")
}

fn after_hold() -> ProcessScenario<Booking> {
    scenario().given(&house("A"), held("1"))
}

#[test]
fn a_booking_is_paid() {
    scenario()
        .when(&house("A"), held("1"))
        .twice()
        .then_sent(&payment_of("1"), AskPayment { cents: 100 })
        .then_deadline("unpaid", 15 * MINUTE)
        .then_nothing_more()
        .when(&house("A"), Extended { booking: "1".into() })
        .then_deadline_at("unpaid", "2024-01-01T10:15:00Z")
        .after(10 * MINUTE)
        .then_nothing_more()
        .when(&payment_of("1"), paid("1"))
        .then(Booking { house: "A".into(), cents: 100, extensions: 1, paid: true, notes: 0 })
        .then_cancelled("unpaid")
        .then_sent(&house("A"), confirm("1"))
        .then_ended()
        .then_nothing_more()
        .after(60 * MINUTE)
        .then_passed_over()
        .when(&payment_of("1"), paid("1"))
        .then_passed_over();
}

#[test]
fn a_booking_is_not_paid() {
    after_hold()
        .after(14 * MINUTE)
        .then_nothing_more()
        .when(&house("A"), [Extended { booking: "1".into() }, Extended { booking: "1".into() }])
        .then_deadline_at("unpaid", "2024-01-01T10:29:00Z")
        .then_nothing_more()
        // The deadline that was moved does not come.
        .after(14 * MINUTE)
        .then_passed_over()
        .after(MINUTE)
        .twice()
        .then_came("unpaid")
        .then_sent(&house("A"), release("1", "unpaid"))
        .then_sent(&payment_of("1"), VoidPayment {})
        .then_ended()
        .then_nothing_more()
        .then_state(|booking| assert!(!booking.paid));
}

#[test]
fn a_reaction_that_fails_holds_what_comes_later_up() {
    after_hold()
        .when(&house("A"), Broken { booking: "1".into() })
        .then_failed("the reaction is broken")
        .then_nothing_more()
        .when(&payment_of("1"), paid("1"))
        .then_waited()
        .then_nothing_more();
    let said = message(|| after_hold().given(&house("A"), Broken { booking: "1".into() }));
    let wanted = r#"process `Booking` cannot take what is given
reason
  it panicked: the reaction is broken
given
  1. HOUSE#A RoomHeld {"booking":"1","cents":100}
  2. HOUSE#A Broken {"booking":"1"}"#;
    assert_eq!(said, wanted);
    let said = message(|| {
        after_hold().when(&house("A"), Broken { booking: "1".into() }).then_sent(&house("A"), confirm("1"))
    });
    let wanted = r#"process `Booking` sent no such command
  expected ConfirmRoom {"booking":"1"} to HOUSE#A
instead
  it failed: it panicked: the reaction is broken
"#;
    assert!(said.starts_with(wanted), "{said}");
    let said =
        message(|| after_hold().when(&house("A"), Broken { booking: "1".into() }).then_failed("no ink"));
    let wanted = "process `Booking` failed for another reason\n  expected no ink\n  actual   it panicked: the reaction";
    assert!(said.starts_with(wanted), "{said}");
    let said = message(|| after_hold().when(&payment_of("1"), paid("1")).then_failed("no ink"));
    assert!(said.starts_with("process `Booking` should have failed, but did its work\ninstead\n"), "{said}");
    let said = message(|| after_hold().when(&payment_of("1"), paid("1")).then_waited());
    assert!(said.starts_with("process `Booking` should have waited, but did not\ninstead\n"), "{said}");
}

#[test]
fn another_command_is_told_by_field() {
    let paid = || after_hold().when(&payment_of("1"), paid("1"));
    let said = message(|| paid().then_sent(&house("A"), confirm("2")));
    let wanted = r#"process `Booking` sent `ConfirmRoom` with other data
  `booking`
    expected "2"
    actual   "1"
given
  1. HOUSE#A RoomHeld {"booking":"1","cents":100}
  2. PAYMENT#1 Paid {"booking":"1"}"#;
    assert_eq!(said, wanted);
    let said = message(|| paid().then_sent(&house("B"), confirm("1")));
    let wanted = r#"process `Booking` sent another command than `ConfirmRoom`
  expected ConfirmRoom {"booking":"1"} to HOUSE#B
  actual   ConfirmRoom {"booking":"1"} to HOUSE#A
given
"#;
    assert!(said.starts_with(wanted), "{said}");
    let elsewhere = HouseKey::new(&Tenant::new("OUT").unwrap(), "A");
    let said = message(|| paid().then_sent(&elsewhere, confirm("1")));
    let wanted = "process `Booking` sent another command than `ConfirmRoom`
  expected partition OUT#HOUSE
  actual   partition INN#HOUSE
";
    assert!(said.starts_with(wanted), "{said}");
    let said =
        message(|| paid().then_sent(&house("A"), confirm("1")).then_sent(&payment_of("1"), VoidPayment {}));
    let wanted = r#"process `Booking` sent no such command
  expected VoidPayment {} to PAYMENT#1
instead
  deadline `unpaid` cancelled
  it ended
"#;
    assert!(said.starts_with(wanted), "{said}");
    let said = message(|| paid().then_nothing_more());
    let wanted = r#"process `Booking` did more
  ConfirmRoom {"booking":"1"} to HOUSE#A
  deadline `unpaid` cancelled
  it ended
"#;
    assert!(said.starts_with(wanted), "{said}");
}

#[test]
fn other_deadlines_are_reported_with_their_times() {
    let held = || scenario().when(&house("A"), held("1"));
    let said = message(|| held().then_deadline("unpaid", 10 * MINUTE));
    let wanted = r#"process `Booking` set the deadline `unpaid` to another time
  expected 2024-01-01T10:10:00.000Z
  actual   2024-01-01T10:15:00.000Z
given
  1. HOUSE#A RoomHeld {"booking":"1","cents":100}"#;
    assert_eq!(said, wanted);
    let said = message(|| held().then_cancelled("unpaid"));
    let wanted = "process `Booking` did not cancel the deadline `unpaid`
instead
  AskPayment {\"cents\":100} to PAYMENT#1
  deadline `unpaid` set to 2024-01-01T10:15:00.000Z
";
    assert!(said.starts_with(wanted), "{said}");
    let said = message(|| after_hold().when(&payment_of("1"), paid("1")).then_deadline("unpaid", MINUTE));
    assert!(said.starts_with("process `Booking` did not set the deadline `unpaid`\ninstead\n"), "{said}");
    let said = message(|| after_hold().after(14 * MINUTE).then_came("unpaid"));
    let wanted = "process `Booking` had no deadline `unpaid` come by 2024-01-01T10:14:00.000Z
set
  `unpaid` at 2024-01-01T10:15:00.000Z
";
    assert!(said.starts_with(wanted), "{said}");
    let said = message(|| held().then_ended());
    assert!(said.starts_with("process `Booking` did not end\ninstead\n"), "{said}");
    let said = message(|| after_hold().after(15 * MINUTE).then_passed_over());
    let wanted =
        "process `Booking` should have passed it over, but did not\n  deadline `unpaid` came\n  ReleaseRoom";
    assert!(said.starts_with(wanted), "{said}");
    assert!(said.ends_with("\n  2. deadline `unpaid` at 2024-01-01T10:15:00.000Z"), "{said}");
    let said = message(|| held().then(Booking::default()));
    let wanted = r#"process `Booking` is in another state
  expected Booking { house: "", cents: 0, extensions: 0, paid: false, notes: 0 }
  actual   Booking { house: "A", cents: 100, extensions: 0, paid: false, notes: 0 }
"#;
    assert!(said.starts_with(wanted), "{said}");
}

#[test]
fn a_name_that_is_no_deadline_and_an_event_of_another_are_mistakes() {
    let said = message(|| scenario().when(&house("A"), held("1")).then_deadline("unpayd", MINUTE));
    assert_eq!(said, "`Booking` has no deadline `unpayd`; it has `unpaid`");
    let said =
        message(|| scenario().when(&house("A"), RoomConfirmed { booking: "1".into() }).then_passed_over());
    assert!(said.starts_with("`Booking` does not listen to `RoomConfirmed`; it takes `"), "{said}");
    let said = message(|| scenario().when(&house("A"), held("2")).then_deadline("unpaid", 15 * MINUTE));
    let wanted = "process `Booking` did not set the deadline `unpaid`
instead
  it is for INN#BOOKING BOOKING#2, and this is INN#BOOKING BOOKING#1
";
    assert!(said.starts_with(wanted), "{said}");
    let said = message(|| scenario().when(&payment_of("1"), paid("1")).then_ended());
    assert!(said.starts_with("process `Booking` did not end\ninstead\n  it was passed over\n"), "{said}");
}

async fn filled(names: &[&str]) -> App {
    let clock = Clock::at("2024-01-01T10:00:00Z".parse().unwrap());
    let app = App::builder(MemoryEventStore::new()).clock(&clock).only(["Booking"]).build().unwrap();
    for name in names {
        app.execute(&house("A"), Hold { booking: (*name).into(), cents: 100 }).await.unwrap();
    }
    app.execute(&payment_of(names[0]), Pay {}).by(names[0]).await.unwrap();
    app.execute(&house("A"), Extend { bookings: vec![names[0].into()] }).await.unwrap();
    app.execute(&house("A"), release("9", "by hand")).due(clock.now() + 30 * MINUTE).await.unwrap();
    app
}

#[tokio::test]
async fn processes_and_sweeps_survive_a_chaos() {
    let app = filled(&["1", "2", "3"]).await;
    let survived = DeliveryChaos::seeds(40).run(&app).await;
    assert!(survived.sweeps > 80 && survived.crashes > 20 && survived.batches > 100, "{survived}");
    assert!(survived.to_string().ends_with(" sweeps"), "{survived}");
    // None of it has reached the app's own store, and its own clock stands still.
    assert_eq!(app.load(&booking("2")).await.unwrap().version, Version::NONE);
    assert_eq!(app.sweep().await.unwrap().fired, 0);
    // Steps from before are part of it.
    app.run_until_idle().await.unwrap();
    DeliveryChaos::seeds(5).run(&app).await;
    let first = DeliveryChaos::seed(3).run(&app).await;
    assert_eq!(DeliveryChaos::seed(3).run(&app).await, first);
}

#[test]
fn an_instance_that_is_held_up_in_a_chaos_is_reported() {
    let said = message(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let app = filled(&["1"]).await;
            app.execute(&house("A"), Break { booking: "1".into() }).await.unwrap();
            DeliveryChaos::seeds(20).run(&app).await
        })
    });
    let wanted = "the instance INN#BOOKING BOOKING#1 at version ";
    assert!(said.contains(wanted), "{said}");
    let wanted = " of process `Booking` is held up: it panicked: the reaction is broken\nrun it alone: CQRS_CHAOS_SEED=";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn the_wiring_shows_deadlines_and_stored_commands() {
    let app = App::builder(MemoryEventStore::new()).only(["Booking"]).build().unwrap();
    let wiring = app.wiring();
    let [booking] = &wiring.subscribers[..] else { panic!("{wiring:?}") };
    assert_eq!(booking.deadlines, ["unpaid"]);
    let json = serde_json::to_value(booking).unwrap();
    assert_eq!((&json["kind"], &json["deadlines"][0]), (&"process".into(), &"unpaid".into()));
    let own = wiring.commands.iter().filter(|command| ["House", "Payment"].contains(&command.aggregate));
    let commands: Vec<_> = own.map(|command| (command.aggregate, command.name)).collect();
    let wanted = [
        ("House", "ConfirmRoom"),
        ("House", "ReleaseRoom"),
        ("Payment", "AskPayment"),
        ("Payment", "VoidPayment"),
    ];
    assert_eq!(commands, wanted);
    // No subscriber can take its steps.
    assert!(!wiring.events.iter().any(|event| event.name == "BOOKING_STEP"), "{wiring:?}");
    let drawn = wiring.to_mermaid();
    for line in ["{{\"Booking<br/>process\"}}", ">\"ConfirmRoom\"]", "  s0 -.->|\"unpaid\"| s0"] {
        assert!(drawn.contains(line), "no {line} in {drawn}");
    }
    assert!(App::linked_queues().contains("Booking"));
}

#[test]
fn an_event_that_a_process_alone_takes_is_taken() {
    let told: Vec<String> = WiringProof::new().faults().iter().map(ToString::to_string).collect();
    assert!(
        told.iter().any(|fault| fault.starts_with("nothing handles `RoomConfirmed` of `House`")),
        "{told:?}"
    );
    assert!(
        !told.iter().any(|fault| fault.contains("`RoomHeld`") || fault.contains("BOOKING_STEP")),
        "{told:?}"
    );
    let listed = WiringProof::new().lists(&["House", "Payment"], &[], &[]).faults();
    let told: Vec<String> = listed.iter().map(ToString::to_string).collect();
    assert!(
        told.iter().any(|fault| fault.starts_with("process `Booking` (tests/tests/processes/booking.rs:")),
        "{told:?}"
    );
}
