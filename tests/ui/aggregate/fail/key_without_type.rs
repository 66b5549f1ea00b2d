use cqrs_core::prelude::*;

#[aggregate(entity = "ROOM", key(number))]
#[derive(Default)]
pub struct Room {}

fn main() {}
