#[command]
pub struct ReleaseRoom {
    pub reason: String,
}

#[command]
pub struct CloseRoom;

#[command(name = "MoveGuest", alias = "TransferGuest", schema = 2, from = MoveGuestV1, crate = facade::cqrs)]
pub struct Move {
    pub to: String,
}
