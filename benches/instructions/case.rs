//! What is counted.

use std::hint::black_box;

use crate::{Fallible, dispatch, encode, fold, http, key, prepared, stepping, wire};

/// A case to count, with the number of its rounds.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) run: fn(usize) -> Fallible<()>,
}

/// What callgrind counts, without anything before or after it: the preparation would otherwise affect the heap.
#[inline(never)]
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

impl Case {
    const fn new(name: &'static str, run: fn(usize) -> Fallible<()>) -> Self {
        Self { name, run }
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new("prepared ten", |rounds| fold::prepared(rounds, prepared::ten)),
    Case::new("loaded ten", |rounds| fold::loaded(rounds, prepared::ten)),
    Case::new("ten by hand", |rounds| fold::by_hand(rounds, prepared::ten)),
    Case::new("prepared mixed", |rounds| fold::prepared(rounds, prepared::mixed)),
    Case::new("loaded mixed", |rounds| fold::loaded(rounds, prepared::mixed)),
    Case::new("mixed by hand", |rounds| fold::by_hand(rounds, prepared::mixed)),
    Case::new("prepared newest", |rounds| fold::prepared(rounds, prepared::newest)),
    Case::new("loaded newest", |rounds| fold::loaded(rounds, prepared::newest)),
    Case::new("newest by hand", |rounds| fold::by_hand(rounds, prepared::newest)),
    Case::new("prepared oldest", |rounds| fold::prepared(rounds, prepared::oldest)),
    Case::new("loaded oldest", |rounds| fold::loaded(rounds, prepared::oldest)),
    Case::new("oldest by hand", |rounds| fold::by_hand(rounds, prepared::oldest)),
    Case::new("items read", wire::read),
    Case::new("items loaded", wire::loaded),
    Case::new("items by the sdk", wire::loaded_by_sdk),
    Case::new("items by hand", wire::loaded_by_hand),
    Case::new("commands", wire::executed),
    Case::new("commands by the sdk", wire::executed_by_sdk),
    Case::new("commands by hand", wire::executed_by_hand),
    Case::new("encoded", encode::encoded),
    Case::new("encoded by hand", encode::by_hand),
    Case::new("key", key::rendered),
    Case::new("key by hand", key::by_hand),
    Case::new("to 1", |rounds| dispatch::taken(rounds, "one")),
    Case::new("to 1 by hand", |rounds| dispatch::by_hand(rounds, 1)),
    Case::new("to 10", |rounds| dispatch::taken(rounds, "ten")),
    Case::new("to 10 by hand", |rounds| dispatch::by_hand(rounds, 10)),
    Case::new("to 100", |rounds| dispatch::taken(rounds, "hundred")),
    Case::new("to 100 by hand", |rounds| dispatch::by_hand(rounds, 100)),
    Case::new("to a sending handler", |rounds| stepping::taken(rounds, "handler")),
    Case::new("to a sending process", |rounds| stepping::taken(rounds, "process")),
    Case::new("to a quiet process", |rounds| stepping::taken(rounds, "quiet-process")),
    Case::new("commands by http", http::requested),
    Case::new("commands by the app", http::executed),
];
