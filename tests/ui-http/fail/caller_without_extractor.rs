use cqrs_core::{App, Tenant};
use cqrs_http::{Api, Caller};

pub struct Anybody(Tenant);

impl Caller for Anybody {
    fn tenant(&self) -> &Tenant {
        &self.0
    }

    fn user(&self) -> Option<&str> {
        None
    }
}

fn main() {
    let _ = |app: &App| Api::<Anybody>::new(app).router();
}
