use cqrs_core::testing::Scenario;
use cqrs_misuse::Order;

struct TakePayment;

fn main() {
    Scenario::<Order>::new().when(TakePayment).then_unchanged();
}
