use cqrs_core::prelude::*;

pub struct Parcel {
    pub weight: u64,
}

#[event_handler(Parcel)]
async fn tell(event: &Recorded<Parcel>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

fn main() {}
