use cqrs_core::command::StoredCommand;

pub struct ReleaseRoom {
    pub reason: String,
}

fn store<C: StoredCommand>(command: C) -> (C, &'static str) {
    (command, C::TYPE)
}

fn main() {
    store(ReleaseRoom { reason: String::new() });
}
