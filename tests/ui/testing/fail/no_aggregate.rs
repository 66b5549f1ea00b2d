use cqrs_core::testing::Scenario;
use cqrs_misuse::OrderCreated;

fn main() {
    Scenario::<OrderCreated>::new();
}
