//! The events in `events.lock` are those of the program.

use orders as _;

cqrs_core::events_lock!();
