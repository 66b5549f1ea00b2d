use cqrs_core::prelude::*;

#[event]
pub struct Paid {
    pub at: chrono::DateTime<chrono::Utc>,
    pub payer: Option<uuid::Uuid>,
    pub amount: rust_decimal::Decimal,
}

fn main() {}
