use super::{command_arms, stored_command, stored_commands};
use crate::app::App;
use crate::commit::StoredEvent;
use crate::engine::{Caller, FireError, Fired, Identity, Intent, Outcome};
use crate::key::Tenant;
use crate::metadata::Metadata;
use crate::store::MemoryEventStore;
use crate::timestamp::Timestamp;
use crate::version::Version;
use crate::{AggregateKey, Json, aggregate, command, event};

#[event(crate = crate)]
struct RoomBooked {
    guest: String,
}

#[event(crate = crate)]
struct RoomReleased {
    reason: String,
}

/// Never stored.
struct BookRoom {
    guest: String,
}

#[command(name = "ReleaseRoom", crate = crate)]
struct ReleaseRoomV1 {
    why: String,
}

#[command(alias = "FreeRoom", schema = 2, from = ReleaseRoomV1, crate = crate)]
struct ReleaseRoom {
    reason: String,
}

impl From<ReleaseRoomV1> for ReleaseRoom {
    fn from(old: ReleaseRoomV1) -> Self {
        Self { reason: old.why }
    }
}

#[command(name = "Rename", schema = 2, from_json(1, split), crate = crate)]
struct RenameGuest {
    last: String,
}

fn split(data: Json) -> Result<Json, &'static str> {
    let name = data["name"].as_str().ok_or("`name` is no text")?;
    let (_, last) = name.split_once(' ').unwrap();
    Ok(serde_json::json!({ "last": last }))
}

#[command(crate = crate)]
struct CloseRoom;

#[derive(Debug, thiserror::Error)]
#[error("nobody is in the room")]
struct Empty;

/// No error.
struct Closed;

#[aggregate(entity = "REGISTRY_ROOM", crate = crate)]
#[derive(Default)]
struct Room {
    guest: Option<String>,
}

#[aggregate(crate = crate)]
impl Room {
    #[command]
    fn book(&self, command: &BookRoom) -> Result<RoomBooked, Empty> {
        Ok(RoomBooked { guest: command.guest.clone() })
    }

    #[command]
    fn release(&self, command: &ReleaseRoom) -> Result<RoomReleased, Empty> {
        self.guest.as_ref().ok_or(Empty)?;
        Ok(RoomReleased { reason: command.reason.clone() })
    }

    #[command]
    fn rename(&self, command: &RenameGuest) -> Result<RoomBooked, Empty> {
        Ok(RoomBooked { guest: command.last.clone() })
    }

    #[command]
    fn close(&self, _: &CloseRoom) -> Result<(), Closed> {
        Err(Closed)
    }

    #[apply]
    fn booked(&mut self, event: &RoomBooked) {
        self.guest = Some(event.guest.clone());
    }

    #[apply]
    fn released(&mut self, event: &RoomReleased) {
        self.guest = None;
        assert_ne!(event.reason, "");
    }
}

struct Hotel {
    app: App,
    room: RoomKey,
}

impl Hotel {
    fn new() -> Self {
        let app = App::builder(MemoryEventStore::new()).build().unwrap();
        Self { app, room: RoomKey::new(&Tenant::new("HOTEL").unwrap(), "7") }
    }

    async fn fire(&self, name: &str, schema: u32, data: Json) -> Result<Fired, FireError> {
        let arm = stored_command("REGISTRY_ROOM", name).unwrap();
        let stored = StoredEvent::new(name, schema, data);
        let caller = Caller { runtime: &self.app.delivery().runtime, cause: None };
        let intent = Intent {
            stream: self.room.stream().unwrap(),
            metadata: Metadata::new(format!("{name} {schema}"), Timestamp::now()),
            identity: Identity::Given,
            traced: false,
            own_clock: true,
            expected: None,
            timer: None,
        };
        (arm.fire)(caller, intent, &stored).await
    }
}

fn became(outcome: Outcome, version: u64) -> Fired {
    Fired { outcome, version: Version::new(version) }
}

#[test]
fn the_commands_of_an_aggregate_that_may_be_stored_are_known_by_all_their_names() {
    let arms = command_arms().filter(|(entity, _)| *entity == "REGISTRY_ROOM");
    let mut names: Vec<_> = arms.map(|(_, arm)| arm.id.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["CloseRoom", "ReleaseRoom", "Rename"]);

    let alias = stored_command("REGISTRY_ROOM", "FreeRoom").unwrap();
    assert_eq!((alias.id.name, alias.id.schema), ("ReleaseRoom", 2));
    assert_eq!((alias.type_id)(), std::any::TypeId::of::<ReleaseRoom>());

    assert!(stored_command("REGISTRY_ROOM", "BookRoom").is_none());
    assert!(stored_command("REGISTRY_SUITE", "ReleaseRoom").is_none());
}

#[test]
fn the_struct_of_an_earlier_schema_is_no_command_of_today() {
    let named: Vec<_> = stored_commands().into_iter().filter(|row| row.id.name == "ReleaseRoom").collect();
    let [today] = named[..] else { panic!("{named:?}") };
    assert_eq!((today.id.schema, today.type_name()), (2, "ReleaseRoom"));
    assert_eq!(today.location.file, file!());
}

#[tokio::test]
async fn a_stored_command_is_read_from_whatever_schema_and_name_it_has() {
    let hotel = Hotel::new();
    hotel.app.execute(&hotel.room, BookRoom { guest: "Ann".to_owned() }).await.unwrap();

    let old = || serde_json::json!({ "why": "no show" });
    let fired = hotel.fire("ReleaseRoom", 1, old()).await.unwrap();
    assert_eq!(fired, became(Outcome::Committed, 2));
    let again = hotel.fire("ReleaseRoom", 1, old()).await.unwrap();
    assert_eq!(again, became(Outcome::Duplicate, 2));

    let fired = hotel.fire("Rename", 1, serde_json::json!({ "name": "Ann Lee" })).await.unwrap();
    assert_eq!(fired, became(Outcome::Committed, 3));
    let fired = hotel.fire("FreeRoom", 2, serde_json::json!({ "reason": "done" })).await.unwrap();
    assert_eq!(fired, became(Outcome::Committed, 4));
}

#[tokio::test]
async fn what_became_of_a_stored_command_is_told_apart() {
    let hotel = Hotel::new();

    let rejected = hotel.fire("ReleaseRoom", 2, serde_json::json!({ "reason": "done" })).await;
    assert!(matches!(rejected, Err(FireError::Rejected(text)) if text == "nobody is in the room"));
    let rejected = hotel.fire("CloseRoom", 1, serde_json::json!({})).await;
    assert!(matches!(rejected, Err(FireError::Rejected(text)) if text.ends_with("::Closed")));

    let unreadable = hotel.fire("ReleaseRoom", 2, serde_json::json!({ "why": "?" })).await.unwrap_err();
    assert!(unreadable.to_string().contains("missing field `reason`"), "{unreadable}");
    assert!(!unreadable.is_newer());
    let panicked = hotel.fire("Rename", 1, serde_json::json!({ "name": "Ann" })).await.unwrap_err();
    assert!(matches!(panicked, FireError::Unreadable(text) if text.starts_with("it panicked:")));
    let newer = hotel.fire("ReleaseRoom", 3, serde_json::json!({})).await.unwrap_err();
    assert!(newer.is_newer(), "{newer}");

    // The earlier id, and another command under it.
    let booked = serde_json::json!({ "last": "Lee" });
    hotel.fire("Rename", 2, booked).await.unwrap();
    let taken = hotel.fire("Rename", 2, serde_json::json!({ "last": "Roe" })).await;
    assert!(matches!(taken, Err(FireError::Final(error)) if error.to_string().contains("another command")));
}
