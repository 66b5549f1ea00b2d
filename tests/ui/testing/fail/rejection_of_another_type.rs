use cqrs_core::testing::Scenario;
use cqrs_misuse::{Order, ShipOrder};

fn main() {
    Scenario::<Order>::new().when(ShipOrder { tracking: "Z1".into() }).then_rejected("not open");
}
