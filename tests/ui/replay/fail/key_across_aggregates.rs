use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(key(customer_id: String))]
#[derive(Default)]
pub struct Totals {
    total: u64,
}

#[projection(key(customer_id))]
impl Totals {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.total += event.total;
    }
}

pub async fn again(app: &App, key: &TotalsKey) {
    app.replay::<Totals>().key(key).await.unwrap();
}

fn main() {}
