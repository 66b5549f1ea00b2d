//! A key, rendered.

use std::hint::black_box;

use cqrs_core::StreamKey;
use cqrs_core::prelude::*;

use crate::Fallible;
use crate::case::counted;
use crate::prepared::order;

pub(crate) fn rendered(rounds: usize) -> Fallible<()> {
    let order = order()?;
    counted(|| {
        for _ in 0..rounds {
            black_box(black_box(&order).stream()?);
        }
        Ok(())
    })
}

/// Without escaping, so two ids may render alike.
pub(crate) fn by_hand(rounds: usize) -> Fallible<()> {
    let (tenant, id) = ("TENANT001", "20240101-001");
    counted(|| {
        for _ in 0..rounds {
            let (tenant, id) = (black_box(tenant), black_box(id));
            black_box(StreamKey::new(format!("{tenant}#ORDER"), format!("ORDER#{id}"))?);
        }
        Ok(())
    })
}
