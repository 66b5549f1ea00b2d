//! Stored commits, decoded and applied.

use std::hint::black_box;

use cqrs_core::prelude::*;

use crate::case::counted;
use crate::prepared::{Events, Prepared, commits, order};
use crate::{Fallible, block_on, by_hand};

/// Dropping the commits: both other cases do this in addition to their work.
pub(crate) fn prepared(rounds: usize, events: Events) -> Fallible<()> {
    let commits = black_box(commits(rounds, events)?);
    counted(|| drop(commits));
    Ok(())
}

pub(crate) fn loaded(rounds: usize, events: Events) -> Fallible<()> {
    let app = App::builder(Prepared::of(commits(rounds, events)?)).only([]).build()?;
    black_box(block_on(app.load(&order()?))??.state);
    Ok(())
}

pub(crate) fn by_hand(rounds: usize, events: Events) -> Fallible<()> {
    let commits = black_box(commits(rounds, events)?);
    counted(|| {
        let mut order = by_hand::Order::default();
        for commit in commits {
            for event in commit.events {
                order.take(&event.name, event.schema, event.data)?;
            }
        }
        black_box(order);
        Ok(())
    })
}
