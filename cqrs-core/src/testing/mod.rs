//! Tests of what was built with this crate.

mod chaos;
mod difference;
mod handler;
mod projection;
mod scenario;
mod setting;
mod wiring;
mod world;

pub use chaos::{DeliveryChaos, Survived};
pub use handler::{Handled, HandlerScenario, Handling};
pub use projection::ProjectionScenario;
pub use scenario::{Decided, Scenario};
pub use wiring::WiringProof;

#[doc(inline)]
pub use crate::__wiring as wiring;
