use cqrs_core::testing::Scenario;
use cqrs_misuse::{Order, PaymentTaken, ShipOrder};

fn main() {
    Scenario::<Order>::new()
        .when(ShipOrder { tracking: "Z1".into() })
        .then([PaymentTaken { cents: 5 }]);
}
