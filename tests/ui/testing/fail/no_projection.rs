use cqrs_core::testing::ProjectionScenario;
use cqrs_misuse::Order;

fn main() {
    ProjectionScenario::<Order>::new();
}
