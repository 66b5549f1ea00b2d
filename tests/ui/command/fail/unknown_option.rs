use cqrs_core::prelude::*;

#[command(nam = "ReleaseRoom", unhandled = "nobody asks")]
pub struct ReleaseRoom {
    pub reason: String,
}

fn main() {}
