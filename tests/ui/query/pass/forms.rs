use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};
use cqrs_misuse::*;

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, IndexValue)]
#[serde(crate = "cqrs_core::serde")]
enum Status {
    #[default]
    Open,
    Closed = 7,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, IndexValue)]
#[serde(crate = "cqrs_core::serde")]
struct Customer {
    id: String,
}

#[projection(
    Order,
    index(by_customer(customer, ordered_at, total)),
    index(by_status(status, customer)),
    index(by_kind(r#type)),
    name = "Summaries"
)]
#[derive(Default)]
struct Summary {
    customer: Customer,
    ordered_at: Option<Timestamp>,
    status: Status,
    total: u64,
    r#type: String,
}

#[projection(Order)]
impl Summary {
    #[apply]
    fn created(&mut self, event: &Recorded<OrderCreated>) {
        self.customer = Customer { id: event.event().customer_id.clone() };
        self.ordered_at = Some(event.metadata().created_at);
        self.status = Status::Closed;
        self.total = event.event().total;
        self.r#type = "order".to_owned();
    }
}

#[projection(key(customer_id: String, total: u64))]
#[derive(Default)]
pub struct Totals {
    count: u64,
}

#[projection(key(customer_id, total))]
impl Totals {
    #[apply]
    fn created(&mut self, _: &OrderCreated) {
        self.count += 1;
    }
}

async fn lists(app: &App, tenant: &Tenant) -> Result<(), Box<dyn std::error::Error>> {
    let customer = Customer { id: "1".to_owned() };
    let (from, to) = (Timestamp::now(), Timestamp::now());
    let list = || app.query::<Summary>(tenant);
    let page = list().by_customer(&customer).ordered_at(from..to).descending().limit(20).await?;
    list().by_customer(customer.clone()).ordered_at(from).total(1..=5).after(page.next).await?;
    list().by_customer(&customer).ordered_at(&from).total(5).await?;
    list().by_status(Status::Open).customer(..).await?;
    list().by_kind("order").await?;
    list().by_kind(String::from("order")).after(None).await?;
    list().descending().await?;
    list().by_key().limit(5).await?;
    let list = || app.query::<Totals>(tenant);
    list().by_key().await?;
    list().by_key().customer_id("1").await?;
    list().by_key().customer_id("1").total(7).await?;
    Ok(())
}

fn main() {
    let _ = lists;
}
