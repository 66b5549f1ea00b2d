use cqrs_core::testing::Scenario;
use cqrs_misuse::{Order, OrderCreated, PaymentTaken};

fn main() {
    let created = OrderCreated { customer_id: "CUST-001".into(), total: 5 };
    Scenario::<Order>::given((created, PaymentTaken { cents: 5 }));
}
