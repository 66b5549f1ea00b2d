//! Commands that may be stored: what `#[command]` on a struct generates for them, and the lock that protects them. How
//! they are read from a store and executed is tested in `cqrs-core`.

use std::fs;

use cqrs_core::command::StoredCommand;
use cqrs_core::prelude::*;
use cqrs_core::schema::Shape;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::testing::{Scenario, WiringProof, check_events_lock};

#[event(unhandled = "this is about commands")]
#[derive(Debug, PartialEq)]
struct RoomReleased {
    reason: String,
}

#[command(name = "ReleaseRoom")]
struct ReleaseRoomV1 {
    why: String,
}

#[command(alias = "FreeRoom", schema = 2, from = ReleaseRoomV1)]
#[derive(Clone)]
struct ReleaseRoom {
    reason: String,
}

impl From<ReleaseRoomV1> for ReleaseRoom {
    fn from(old: ReleaseRoomV1) -> Self {
        Self { reason: old.why }
    }
}

#[command]
struct CloseRoom;

/// Never stored: it needs no attribute, and cannot even be copied.
struct InspectRoom;

#[aggregate(entity = "ROOM")]
#[derive(Debug, Default, PartialEq)]
struct Room {
    released: u32,
}

#[aggregate]
impl Room {
    #[command]
    fn release(&self, command: ReleaseRoom) -> Result<RoomReleased, String> {
        Ok(RoomReleased { reason: command.reason })
    }

    #[command]
    fn close(&self, _: &CloseRoom) -> Result<(), String> {
        Err(format!("released {} times", self.released))
    }

    #[command]
    fn inspect(&self, _: &InspectRoom) -> Result<(), String> {
        Ok(())
    }

    #[apply]
    fn released(&mut self, _: &RoomReleased) {
        self.released += 1;
    }
}

const LOCK: &str = r#"
CloseRoom 1 {}
= {}

ReleaseRoom 1 {
    why: string,
}
= {"why":"text"}

ReleaseRoom 2 {
    reason: string,
}
= {"reason":"text"}

RoomReleased 1 {
    reason: string,
}
= {"reason":"text"}
"#;

fn check(lock: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("events.lock"), lock).unwrap();
    check_events_lock(folder.path().to_str().unwrap(), "cqrs-tests").map_err(|report| report.to_string())
}

#[test]
fn a_stored_command_has_a_name_a_schema_and_a_shape() {
    fn id<C: StoredCommand>() -> (&'static str, u32, &'static [&'static str], Shape) {
        (C::TYPE, C::SCHEMA, C::ALIASES, C::SHAPE)
    }
    let (name, schema, aliases, shape) = id::<ReleaseRoom>();
    assert_eq!((name, schema, aliases), ("ReleaseRoom", 2, &["FreeRoom"][..]));
    assert_eq!(shape.to_string(), "{ reason: string }");
    assert_eq!(id::<CloseRoom>().3.to_string(), "{}");
}

#[test]
fn the_lock_has_commands_beside_events() {
    assert_eq!(check(LOCK), Ok(()));

    let missing = check("").unwrap_err();
    for line in ["`CloseRoom` (schema 1) is missing", "`ReleaseRoom` (schema 2) is missing"] {
        assert!(missing.contains(line), "no `{line}` in {missing}");
    }
    let changed = check(&LOCK.replace("    why: string,", "    why: u64,")).unwrap_err();
    let line =
        "`ReleaseRoom` (schema 1) is locked, and has another shape now: \n  - `why` was `u64`, is `string`";
    assert!(changed.contains(line), "{changed}");
    let unread = check(&LOCK.replace("{\"why\":\"text\"}", "{\"why\":7}")).unwrap_err();
    assert!(unread.contains("`ReleaseRoom` (schema 1): {\"why\":7} cannot be read"), "{unread}");
}

#[tokio::test]
async fn a_command_that_may_be_stored_is_executed_as_any_other() {
    WiringProof::new().assert();
    let app = App::builder(MemoryEventStore::new()).build().unwrap();
    let room = RoomKey::new(&Tenant::new("HOTEL").unwrap(), "7");
    let release = || ReleaseRoom { reason: "no show".to_owned() };

    let first = app.execute(&room, release()).command_id("release-1").await.unwrap();
    assert_eq!((first.outcome, first.version), (Outcome::Committed, Version::new(1)));
    // What serde sees of it tells it from another one.
    let again = app.execute(&room, release()).command_id("release-1").await.unwrap();
    assert_eq!(again.outcome, Outcome::Duplicate);
    let other = ReleaseRoom { reason: "left".to_owned() };
    let taken = app.execute(&room, other).command_id("release-1").await.unwrap_err();
    assert!(matches!(taken, ExecuteError::CommandIdTaken { .. }));

    assert_eq!(app.execute(&room, InspectRoom).await.unwrap().outcome, Outcome::Unchanged);
    Scenario::<Room>::given([RoomReleased { reason: "no show".to_owned() }])
        .when(CloseRoom)
        .then_rejected("released 1 times".to_owned());
}
