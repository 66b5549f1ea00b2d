//! Stored commands that conflict, or that no aggregate decides on. They are checked whichever subscribers an app has,
//! so they have their own binary.

use std::convert::Infallible;

use cqrs_core::Location;
use cqrs_core::app::WiringFault;
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::testing::{WiringProof, check_events_lock};

#[event(name = "Cleaned")]
struct RoomCleaned;

const CLEAN: u32 = line!() + 2;

#[command(alias = "Cleaned")]
struct Clean;

const CLOSE: u32 = line!() + 2;

#[command(name = "Close")]
struct CloseRoom;

const SHUT: u32 = line!() + 2;

#[command(name = "Shut", alias = "Close")]
struct ShutRoom;

const CLOSE_SUITE: u32 = line!() + 2;

#[command(name = "Close")]
struct CloseSuite;

const FORGOTTEN: u32 = line!() + 2;

#[command(name = "Forgotten")]
struct Forget;

/// It exists only to be read, and no aggregate decides on it.
#[command(name = "Paint")]
struct PaintV1 {
    colour: String,
}

#[command(name = "Paint", schema = 2, from = PaintV1)]
struct Paint {
    colours: Vec<String>,
}

impl From<PaintV1> for Paint {
    fn from(old: PaintV1) -> Self {
        Self { colours: vec![old.colour] }
    }
}

type Decision = Result<(), Infallible>;

#[aggregate(entity = "ROOM")]
#[derive(Default)]
struct Room {}

#[aggregate]
impl Room {
    #[command]
    fn clean(&self, _: &Clean) -> Result<RoomCleaned, Infallible> {
        Ok(RoomCleaned)
    }

    #[command]
    fn close(&self, _: &CloseRoom) -> Decision {
        Ok(())
    }

    #[command]
    fn shut(&self, _: &ShutRoom) -> Decision {
        Ok(())
    }

    #[command]
    fn paint(&self, command: &Paint) -> Decision {
        drop(command.colours.clone());
        Ok(())
    }

    #[apply]
    fn cleaned(&mut self, _: &RoomCleaned) {}
}

#[event]
struct SuiteOpened;

#[aggregate(entity = "SUITE")]
#[derive(Default)]
struct Suite {}

#[aggregate]
impl Suite {
    #[command]
    fn close(&self, _: &CloseSuite) -> Decision {
        Ok(())
    }

    #[apply]
    fn opened(&mut self, _: &SuiteOpened) {}
}

fn place(line: u32) -> Location {
    Location { file: file!(), line }
}

fn duplicate(first: u32, second: u32, of: &str) -> WiringFault {
    let (first, second) = (place(first), place(second));
    WiringFault::DuplicateCommand { name: "Close", place: of.to_owned(), first, second }
}

fn expected() -> [WiringFault; 5] {
    [
        WiringFault::Undecided { command: "Forget", location: place(FORGOTTEN) },
        duplicate(CLOSE, CLOSE_SUITE, "package `cqrs-tests`"),
        duplicate(CLOSE, SHUT, "entity `ROOM`"),
        duplicate(CLOSE_SUITE, SHUT, "package `cqrs-tests`"),
        WiringFault::CommandNamedAsEvent {
            name: "Cleaned",
            location: place(CLEAN),
            aggregate: "Room",
            package: "cqrs-tests",
        },
    ]
}

#[test]
fn a_command_that_nobody_decides_on_and_names_that_two_share_are_faults() {
    let error = App::builder(MemoryEventStore::new()).only([]).build().unwrap_err();
    assert_eq!(error.faults, expected());
    assert_eq!(WiringProof::new().faults()[..5], expected());

    let text = error.to_string();
    let file = file!();
    for line in [
        format!(
            "no linked aggregate decides on command `Forget` ({file}:{FORGOTTEN}): add a `#[command]` method"
        ),
        format!(
            "two commands are stored as `Close` in entity `ROOM`: {file}:{CLOSE} and {file}:{SHUT}; rename"
        ),
        format!(
            "`Cleaned` is a command ({file}:{CLEAN}) and an event of `Room`, and `events.lock` of package `cqrs-tests`"
        ),
    ] {
        assert!(text.contains(&line), "no `{line}` in {text}");
    }
}

#[test]
fn what_would_be_one_entry_of_the_lock_is_reported_by_its_test() {
    let folder = tempfile::tempdir().unwrap();
    let report = check_events_lock(folder.path().to_str().unwrap(), "cqrs-tests").unwrap_err().to_string();
    for fault in &expected()[1..] {
        assert!(report.contains(&fault.to_string()), "no `{fault}` in {report}");
    }
}
