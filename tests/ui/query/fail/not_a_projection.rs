use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[derive(Default)]
pub struct Summary;

fn main() {
    let _ = |app: &App, tenant: &Tenant| {
        let _ = app.query::<Summary>(tenant);
    };
}
