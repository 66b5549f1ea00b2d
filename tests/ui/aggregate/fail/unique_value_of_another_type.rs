use cqrs_core::prelude::*;

#[event]
pub struct Registered {
    pub email: String,
}

#[aggregate(entity = "GUEST", unique(email))]
#[derive(Default)]
pub struct Guest {
    email: Option<u32>,
}

#[aggregate]
impl Guest {
    #[apply]
    fn registered(&mut self, _: &Registered) {}
}

fn main() {
    let tenant = Tenant::new("HOTEL").unwrap();
    let _ = Guest::email(&tenant, "7");
}
