use cqrs_core::prelude::*;

pub struct Room;

#[command]
impl Room {}

fn main() {}
