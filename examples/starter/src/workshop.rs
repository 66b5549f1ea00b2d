//! What follows from an event, outside the store.

use cqrs::prelude::*;

use crate::library::{BookReturned, Condition};

/// Where torn books are mended; a real one would send a message.
pub struct Workshop;

#[event_handler(BookReturned)]
pub async fn mend(
    event: &Recorded<BookReturned>,
    _workshop: &Workshop,
) -> Result<(), HandlerError> {
    if event.condition == Condition::Torn {
        println!("to be mended: {}", event.stream());
    }
    Ok(())
}
