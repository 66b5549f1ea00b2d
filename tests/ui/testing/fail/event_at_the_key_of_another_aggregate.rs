use cqrs_core::prelude::*;
use cqrs_core::testing::HandlerScenario;
use cqrs_misuse::{OrderKey, PaymentTaken};

fn main() {
    let order = OrderKey::new(&Tenant::new("TENANT001").unwrap(), "1");
    HandlerScenario::of("tell_customer").when(&order, PaymentTaken { cents: 5 }).run();
}
