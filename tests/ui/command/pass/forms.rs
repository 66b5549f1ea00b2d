use cqrs_core::Json;
use cqrs_core::command::StoredCommand;
use cqrs_core::prelude::*;

#[event]
pub struct RoomReleased;

#[command]
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseRoom {
    pub reason: String,
}

#[command(name = "CloseRoom")]
pub struct Close;

#[command(name = "MoveGuest")]
struct MoveGuestV1 {
    room: u32,
}

#[command(alias = "TransferGuest", schema = 2, from = MoveGuestV1)]
struct MoveGuest {
    to: String,
}

impl From<MoveGuestV1> for MoveGuest {
    fn from(old: MoveGuestV1) -> Self {
        Self { to: old.room.to_string() }
    }
}

#[command(schema = 2, from_json(1, |data: Json| data), crate = ::cqrs_core)]
struct Clean {
    #[serde(default)]
    thoroughly: bool,
}

/// Never stored, and not even `Clone`.
struct Inspect(u8);

#[aggregate(entity = "ROOM")]
#[derive(Default)]
pub struct Room {}

type Decision = Result<RoomReleased, String>;

#[aggregate]
impl Room {
    #[command]
    fn release(&self, command: ReleaseRoom) -> Decision {
        Err(command.reason)
    }

    #[command]
    fn close(&self, _: &Close, _: &CommandContext) -> Decision {
        Ok(RoomReleased)
    }

    #[command]
    fn move_guest(&self, command: &MoveGuest) -> Decision {
        Err(command.to.clone())
    }

    #[command]
    fn clean(&self, command: &Clean) -> Decision {
        Err(command.thoroughly.to_string())
    }

    #[command]
    fn inspect(&self, command: &Inspect) -> Decision {
        Err(command.0.to_string())
    }

    #[cfg(any())]
    #[command]
    fn gone(&self, _: &Gone) -> Decision {
        Ok(RoomReleased)
    }

    #[apply]
    fn released(&mut self, _: &RoomReleased) {}
}

fn names<C: StoredCommand>() -> (&'static str, u32) {
    (C::TYPE, C::SCHEMA)
}

fn main() {
    assert_eq!(names::<ReleaseRoom>(), ("ReleaseRoom", 1));
    assert_eq!(names::<Close>(), ("CloseRoom", 1));
    assert_eq!(names::<MoveGuest>(), ("MoveGuest", 2));
    assert_eq!(names::<Clean>(), ("Clean", 2));
    let app = App::builder(cqrs_core::store::MemoryEventStore::new()).build();
    assert!(app.is_ok(), "{app:?}");
}
