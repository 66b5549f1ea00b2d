//! The rows that the macros register through `inventory`.

use std::future::IntoFuture;

use crate::app::App;
use crate::delivery::{ProjectionDriver, projection_driver};
use crate::event::EventId;
use crate::location::Location;
use crate::projection::{CheckEvent, CheckStream, Projection, check_event, check_stream};
use crate::replay::Running;

/// A registered projection.
#[derive(Debug)]
pub struct ProjectionRow {
    pub(crate) name: &'static str,
    pub(crate) view: &'static str,
    pub(crate) full_name: fn() -> &'static str,
    pub(crate) events: fn() -> Vec<EventId>,
    pub(crate) driver: fn() -> Box<dyn ProjectionDriver>,
    pub(crate) after_restore: for<'a> fn(&'a App) -> Running<'a>,
    pub(crate) queue: Option<&'static str>,
    /// Whether the keys of its views come from the events.
    pub(crate) keyed: bool,
    pub(crate) check_event: CheckEvent,
    pub(crate) check_stream: CheckStream,
    pub(crate) location: Location,
}

impl ProjectionRow {
    /// The row of `P`.
    #[must_use]
    pub const fn of<P: Projection>(file: &'static str, line: u32) -> Self {
        Self {
            name: P::NAME,
            view: P::VIEW,
            full_name: std::any::type_name::<P>,
            events: || P::ARMS.iter().map(|arm| arm.event).collect(),
            driver: projection_driver::<P>,
            after_restore: |app| app.replay::<P>().after_restore().into_future(),
            queue: P::QUEUE,
            keyed: P::KEYED,
            check_event: check_event::<P>,
            check_stream: check_stream::<P>,
            location: Location { file, line },
        }
    }
}

inventory::collect!(ProjectionRow);
