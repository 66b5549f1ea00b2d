use cqrs_core::prelude::*;

#[command]
pub struct ReleaseRoom {
    pub reason: String,
}

#[event_handler(ReleaseRoom)]
async fn tell(command: &ReleaseRoom) -> Result<(), HandlerError> {
    let _ = &command.reason;
    Ok(())
}

fn main() {}
