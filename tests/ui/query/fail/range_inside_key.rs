use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(key(customer_id: String, total: u64))]
#[derive(Default)]
pub struct Summary {
    total: u64,
}

#[projection(key(customer_id, total))]
impl Summary {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.total = event.total;
    }
}

fn main() {
    let _ = |app: &App, tenant: &Tenant| {
        let _ = app.query::<Summary>(tenant).by_key().customer_id("1".."2");
    };
}
