use cqrs_core::prelude::*;

#[event]
pub struct Registered {
    pub email: String,
}

#[derive(Clone, Default)]
pub struct Email(String);

#[aggregate(entity = "GUEST", unique(email))]
#[derive(Default)]
pub struct Guest {
    email: Option<Email>,
}

#[aggregate]
impl Guest {
    #[apply]
    fn registered(&mut self, _: &Registered) {}
}

fn main() {}
