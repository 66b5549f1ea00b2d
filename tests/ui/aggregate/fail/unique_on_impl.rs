use cqrs_core::prelude::*;

#[event]
pub struct Registered {
    pub email: String,
}

#[aggregate(entity = "GUEST")]
#[derive(Default)]
pub struct Guest {
    email: Option<String>,
}

#[aggregate(unique(email))]
impl Guest {
    #[apply]
    fn registered(&mut self, _: &Registered) {}
}

fn main() {}
