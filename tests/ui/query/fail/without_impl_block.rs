use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(Order)]
#[derive(Default)]
pub struct Summary {
    pub total: u64,
}

fn main() {
    let _ = |app: &App, tenant: &Tenant| {
        let _ = app.query::<Summary>(tenant);
    };
}
