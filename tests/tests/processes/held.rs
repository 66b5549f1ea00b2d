//! What is held up, and how it continues: after redriving and discarding in any order, once, and if an event came too
//! early.

use std::convert::Infallible;
use std::sync::Mutex;

use cqrs_core::prelude::*;
use cqrs_core::store::LetterId;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::testing::Clock;

#[event]
pub(crate) struct Started {
    trip: String,
}

#[event]
pub(crate) struct Moved {
    trip: String,
    /// What the reaction does.
    to: String,
}

#[event]
pub(crate) struct Cleaned {}

pub(crate) struct Start(&'static str);
pub(crate) struct Move(&'static str, &'static str);

#[derive(Debug, thiserror::Error)]
#[error("the road is closed")]
pub(crate) struct NoRoad;

/// Leaves an event only where something is dirty.
#[command]
pub(crate) struct Clean {
    dirty: bool,
}

#[command]
pub(crate) struct Drive {}

#[aggregate(entity = "ROAD")]
#[derive(Debug, Default)]
pub(crate) struct Road {
    dirty: bool,
    open: bool,
    cleaned: u32,
}

#[aggregate]
impl Road {
    #[command]
    fn start(&self, command: &Start) -> Result<Started, Infallible> {
        Ok(Started { trip: command.0.into() })
    }

    #[command]
    fn to(&self, command: &Move) -> Result<Moved, Infallible> {
        Ok(Moved { trip: command.0.into(), to: command.1.into() })
    }

    #[command]
    fn clean(&self, command: &Clean) -> Result<Option<Cleaned>, Infallible> {
        Ok((self.dirty || command.dirty).then_some(Cleaned {}))
    }

    #[command]
    fn drive(&self, _: &Drive) -> Result<Cleaned, NoRoad> {
        if self.open { Ok(Cleaned {}) } else { Err(NoRoad) }
    }

    #[apply]
    fn on_started(&mut self, _: &Started) {}

    #[apply]
    fn on_moved(&mut self, event: &Moved) {
        self.dirty |= event.to == "mud";
        self.open |= event.to == "open";
    }

    #[apply]
    fn on_cleaned(&mut self, _: &Cleaned) {
        self.cleaned += 1;
    }
}

#[process(key(trip: String))]
#[derive(Debug, Clone, Default)]
pub(crate) struct Trip {
    moves: Vec<String>,
}

/// The trips whose cars are repaired.
static REPAIRED: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn repair(trip: &str) {
    REPAIRED.lock().unwrap().push(trip.to_owned());
}

fn is_broken(trip: &str) -> bool {
    !REPAIRED.lock().unwrap().iter().any(|repaired| repaired == trip)
}

#[process(key(trip), unknown = "fail")]
impl Trip {
    #[react(start)]
    fn on_started(&self, _: &Started) -> Reaction {
        Reaction::new()
    }

    #[apply]
    fn moved(&mut self, event: &Moved) {
        self.moves.push(event.to.clone());
    }

    #[react]
    fn on_moved(&self, event: &Moved, key: &TripKey) -> Reaction {
        let road = RoadKey::new(key.tenant(), "road");
        match event.to.as_str() {
            "broken" | "broken again" if is_broken(key.trip()) => panic!("the car is broken"),
            "broken" => Reaction::new().execute(&road, Clean { dirty: false }),
            "drive" => Reaction::new().execute(&road, Drive {}),
            "large" => {
                let shed = ShedKey::new(key.tenant(), "shed");
                Reaction::new().execute(&shed, Packed { text: "x".repeat(500_000) })
            }
            _ => Reaction::new(),
        }
    }
}

#[command]
pub(crate) struct Packed {
    text: String,
}

#[event]
pub(crate) struct Unpacked {}

#[aggregate(entity = "SHED")]
#[derive(Debug, Default)]
pub(crate) struct Shed {}

#[aggregate]
impl Shed {
    #[command]
    fn pack(&self, _: &Packed) -> Result<Unpacked, Infallible> {
        Ok(Unpacked {})
    }

    #[apply]
    fn unpacked(&mut self, _: &Unpacked) {}
}

fn app() -> App {
    let clock = Clock::at("2024-01-01T10:00:00Z".parse().unwrap());
    App::builder(MemoryEventStore::new()).clock(&clock).only(["Trip"]).build().unwrap()
}

fn tenant() -> Tenant {
    Tenant::new("ROADS").unwrap()
}

async fn road(app: &App) -> Road {
    app.load(&RoadKey::new(&tenant(), "road")).await.unwrap().state
}

async fn start(app: &App, trip: &'static str) {
    app.execute(&RoadKey::new(&tenant(), "road"), Start(trip)).await.unwrap();
    app.run_until_idle().await.unwrap();
}

async fn go(app: &App, trip: &'static str, to: &'static str) {
    app.execute(&RoadKey::new(&tenant(), "road"), Move(trip, to)).await.unwrap();
    app.run_until_idle().await.unwrap();
}

async fn moves(app: &App, trip: &str) -> Vec<String> {
    app.load(&TripKey::new(&tenant(), trip)).await.unwrap().state.process().moves.clone()
}

#[tokio::test]
async fn what_waits_can_be_discarded_before_its_turn() {
    let app = app();
    start(&app, "one").await;
    go(&app, "one", "broken").await;
    go(&app, "one", "drive").await;
    go(&app, "one", "home").await;
    let stream = TripKey::new(&tenant(), "one").stream().unwrap();
    app.dead_letters().discard(&LetterId::of("Trip", &stream, Version::new(3)), "no road").await.unwrap();
    assert_eq!(app.dead_letters().of("Trip").await.unwrap().len(), 1);
    repair("one");
    assert_eq!(app.dead_letters().redrive("Trip").await.unwrap().done, 1);
    assert_eq!(moves(&app, "one").await, ["broken", "home"]);
}

/// What failed behind a later failure has a letter until it is taken, in whatever order the letters are redriven.
#[tokio::test]
async fn a_letter_stays_while_its_step_is_held() {
    let app = app();
    start(&app, "two").await;
    go(&app, "two", "drive").await;
    go(&app, "two", "broken").await;
    let letters = app.dead_letters().of("Trip").await.unwrap();
    assert_eq!(letters.len(), 1, "{letters:?}");
    // The command that was rejected is corrected; what waited behind it fails then, with its own letter.
    go(&app, "three", "open").await;
    let redriven = app.dead_letters().redrive("Trip").await.unwrap();
    let left: Vec<_> = app.dead_letters().of("Trip").await.unwrap();
    let of_two: Vec<_> = left.iter().filter(|letter| letter.id.sk.contains("#two@")).collect();
    assert_eq!((redriven.done, of_two.len()), (1, 1), "{left:?}");
    assert!(of_two[0].reason.contains("the car is broken"), "{}", of_two[0].reason);
    repair("two");
    app.dead_letters().redrive("Trip").await.unwrap();
    assert_eq!(moves(&app, "two").await, ["drive", "broken"]);
}

#[tokio::test]
async fn an_event_that_came_before_the_start_is_taken_after_it() {
    let app = app();
    go(&app, "early", "home").await;
    let letter = app.dead_letters().of("Trip").await.unwrap().remove(0);
    assert!(letter.reason.contains("no event has started this instance of `Trip`"), "{}", letter.reason);
    assert_eq!(app.dead_letters().redrive("Trip").await.unwrap().left, 1);
    start(&app, "early").await;
    go(&app, "early", "away").await;
    assert_eq!(app.dead_letters().redrive("Trip").await.unwrap().done, 1);
    assert_eq!(moves(&app, "early").await, ["home", "away"]);
}

/// A command without an event would be decided again, on the state of that time.
#[tokio::test]
async fn a_redrive_does_not_repeat_the_commands_of_an_earlier_one() {
    let app = app();
    start(&app, "four").await;
    go(&app, "four", "broken").await;
    repair("four");
    assert_eq!(app.dead_letters().redrive("Trip").await.unwrap().done, 1);
    go(&app, "four", "mud").await;
    go(&app, "four", "drive").await;
    assert_eq!(app.dead_letters().redrive("Trip").await.unwrap().left, 1);
    assert_eq!(road(&app).await.cleaned, 0);
}

/// Others continue, although their events come from the same stream.
#[tokio::test]
async fn a_reaction_that_cannot_be_stored_holds_up_its_instance_alone() {
    let app = app();
    for trip in ["five", "six"] {
        start(&app, trip).await;
    }
    go(&app, "five", "large").await;
    go(&app, "six", "home").await;
    let letters = app.dead_letters().list().await.unwrap();
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert!(letter.id.sk.contains("#five@") && letter.reason.contains("bytes"), "{letter:?}");
    assert_eq!(moves(&app, "six").await, ["home"]);
}
