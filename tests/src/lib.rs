//! x
#[path = "../../examples/orders/src/domain.rs"]
pub mod domain;
#[path = "../../examples/orders/src/read_models.rs"]
pub mod read_models;
