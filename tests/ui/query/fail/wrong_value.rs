use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(Order, index(by_customer(customer, total)))]
#[derive(Default)]
pub struct Summary {
    customer: String,
    total: u64,
}

#[projection(Order)]
impl Summary {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.total = event.total;
    }
}

fn main() {
    let _ = |app: &App, tenant: &Tenant| {
        let _ = app.query::<Summary>(tenant).by_customer(7);
    };
}
