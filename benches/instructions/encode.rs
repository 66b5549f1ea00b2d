//! An event, encoded.

use std::hint::black_box;

use cqrs_core::StoredEvent;

use crate::case::counted;
use crate::{Fallible, by_hand, order};

pub(crate) fn encoded(rounds: usize) -> Fallible<()> {
    let event = order::placed();
    counted(|| {
        for _ in 0..rounds {
            black_box(StoredEvent::encode(black_box(&event))?);
        }
        Ok(())
    })
}

pub(crate) fn by_hand(rounds: usize) -> Fallible<()> {
    let event = by_hand::placed();
    counted(|| {
        for _ in 0..rounds {
            let data = serde_json::to_value(black_box(&event))?;
            black_box(StoredEvent::new("Placed", 1, data));
        }
        Ok(())
    })
}
