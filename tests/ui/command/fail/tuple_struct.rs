use cqrs_core::prelude::*;

#[command]
pub struct ReleaseRoom(pub String);

fn main() {}
