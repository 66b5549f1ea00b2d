//! Processes that conflict with aggregates and with each other. They are checked whichever subscribers an app has, so
//! they have their own binary.

use cqrs_core::app::WiringFault;
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;

#[event]
struct Held {
    room: String,
}

/// It has the name of a process's steps.
#[event(name = "STAY_STEP")]
struct Stepped {
    room: String,
}

#[aggregate(entity = "ROOM")]
#[derive(Default)]
struct Room {}

#[aggregate]
impl Room {
    #[apply]
    fn held(&mut self, _: &Held) {}

    #[apply]
    fn stepped(&mut self, _: &Stepped) {}
}

/// A process with the entity of an aggregate.
#[process(key(room: String), entity = "ROOM")]
#[derive(Clone, Default)]
struct Booking {}

#[process(key(room))]
impl Booking {
    #[react(start)]
    fn held(&self, _: &Held) -> Reaction {
        Reaction::new()
    }
}

/// A process whose steps have the name of an event.
#[process(key(room: String))]
#[derive(Clone, Default)]
struct Stay {}

#[process(key(room))]
impl Stay {
    #[react(start)]
    fn held(&self, event: &Held) -> Reaction {
        drop(event.room.clone());
        Reaction::new()
    }
}

/// Two processes with one name.
mod twin {
    use super::*;

    #[process(key(room: String))]
    #[derive(Clone, Default)]
    pub(super) struct Stay {}

    #[process(key(room))]
    impl Stay {
        #[react(start)]
        fn stepped(&self, event: &Stepped) -> Reaction {
            drop(event.room.clone());
            Reaction::new()
        }
    }
}

#[test]
fn names_that_processes_share_are_faults_that_name_them() {
    let error = App::builder(MemoryEventStore::new()).only([]).build().unwrap_err();
    let text = error.to_string();
    for line in [
        "  - process `Booking` (tests/tests/wiring_processes.rs:",
        ") and aggregate `Room` (tests/tests/wiring_processes.rs:",
        ") are both stored as entity `ROOM`: give the process another one with `#[process(entity = \"…\")]`",
        "  - process `Stay` (tests/tests/wiring_processes.rs:",
        ") and process `Stay` (tests/tests/wiring_processes.rs:",
        ") are both stored as entity `STAY`: give the process another one",
        ") stores its steps as `STAY_STEP`, and `Room` applies an event of that name: rename the event with \
         `#[event(name = \"…\")]`, or give the process another entity",
        "two processes are called `Stay`, and both store their steps as `STAY_STEP`: tests/tests/wiring_processes.rs:",
    ] {
        assert!(text.contains(line), "no `{line}` in {text}");
    }
    assert!(
        matches!(
            error.faults[..],
            [
                WiringFault::DuplicateProcessEntity { entity: "ROOM", process: "Booking", .. },
                WiringFault::StepNamedAsEvent { name: "STAY_STEP", process: "Stay", aggregate: "Room", .. },
                WiringFault::DuplicateProcessEntity { entity: "STAY", process: "Stay", .. },
                WiringFault::DuplicateStep { name: "STAY_STEP", process: "Stay", .. },
            ]
        ),
        "{text}"
    );
}
