//! The pages of a query, joined, are the sorted filter of all views.

use std::ops::Bound;

use cqrs_core::app::{Found, Page};
use cqrs_core::prelude::*;
use cqrs_core::projection::{Projection, ViewAddress};
use cqrs_tests::emulator::Emulator;
use fastrand::Rng;

use crate::shop::{GoodKey, Label, Level, Listed, Named, Remove, Stock, Stocked, tenant};
use crate::{embedded, memory};

const GOODS: usize = 60;
const QUERIES: usize = 120;

/// Texts that are easily confused in a key.
const TEXTS: [&str; 16] = [
    "a",
    "a b",
    "a!",
    "a#b",
    "a\"",
    "a\u{0}",
    "aa",
    "ab",
    "b",
    " ",
    "!",
    "",
    "é",
    "\u{ffff}",
    "\u{10000}",
    "~",
];

fn some_text(rng: &mut Rng) -> String {
    TEXTS[rng.usize(..TEXTS.len())].to_owned()
}

fn some_number(rng: &mut Rng) -> i32 {
    [i32::MIN, -100, -11, -10, -9, -1, 0, 1, 9, 10, 11, 100, i32::MAX][rng.usize(..13)]
}

fn some_time(rng: &mut Rng) -> Timestamp {
    Timestamp::from_unix_millis(rng.i64(-5..5) * 1_000 * 86_400)
}

fn some_level(rng: &mut Rng) -> Level {
    [Level::Low, Level::Middle, Level::High][rng.usize(..3)]
}

fn stocked(rng: &mut Rng) -> Stocked {
    Stocked {
        group: ["x", "x y", "y"][rng.usize(..3)].to_owned(),
        // It is part of a key, which is not empty.
        name: format!("n{}", some_text(rng)),
        label: Label(some_text(rng)),
        number: some_number(rng),
        size: rng.u64(..3),
        level: some_level(rng),
        when: rng.bool().then(|| some_time(rng)),
        open: rng.bool(),
    }
}

fn some_bounds<T>(rng: &mut Rng, mut value: impl FnMut(&mut Rng) -> T) -> (Bound<T>, Bound<T>) {
    let mut bound = |rng: &mut Rng| match rng.u8(..3) {
        0 => Bound::Unbounded,
        1 => Bound::Included(value(rng)),
        _ => Bound::Excluded(value(rng)),
    };
    (bound(rng), bound(rng))
}

fn holds<T: PartialOrd>((from, to): &(Bound<T>, Bound<T>), value: &T) -> bool {
    let from = match from {
        Bound::Unbounded => true,
        Bound::Included(from) => value >= from,
        Bound::Excluded(from) => value > from,
    };
    let to = match to {
        Bound::Unbounded => true,
        Bound::Included(to) => value <= to,
        Bound::Excluded(to) => value < to,
    };
    from && to
}

/// Reads all pages of a query.
macro_rules! pages {
    ($query:expr, $descending:expr, $limit:expr) => {{
        let mut after: Option<Cursor> = None;
        let mut all = Vec::new();
        loop {
            let query = $query.limit($limit).after(after.take());
            let page = if $descending { query.descending().await } else { query.await };
            let Page { views, next, .. } = page.unwrap();
            assert!(views.len() <= $limit as usize);
            all.extend(views);
            // As a link has it.
            match next {
                Some(next) => after = Some(next.to_string().parse().unwrap()),
                None => break all,
            }
        }
    }};
}

/// The same for a range of the field `$field`: a range of Rust cannot have its first end left out.
macro_rules! ranged {
    ($query:expr, $field:ident, $bounds:expr, $descending:expr, $limit:expr) => {{
        let (descending, limit) = ($descending, $limit);
        match $bounds.clone() {
            (Bound::Unbounded, Bound::Unbounded) => pages!($query.$field(..), descending, limit),
            (Bound::Unbounded, Bound::Included(to)) => {
                pages!($query.$field(..=to.clone()), descending, limit)
            }
            (Bound::Unbounded, Bound::Excluded(to)) => pages!($query.$field(..to.clone()), descending, limit),
            (Bound::Included(from), Bound::Unbounded) => {
                pages!($query.$field(from.clone()..), descending, limit)
            }
            (Bound::Included(from), Bound::Included(to)) => {
                pages!($query.$field(from.clone()..=to.clone()), descending, limit)
            }
            (Bound::Included(from), Bound::Excluded(to)) => {
                pages!($query.$field(from.clone()..to.clone()), descending, limit)
            }
            (from @ Bound::Excluded(_), to) => {
                pages!($query.$field((from.clone(), to.clone())), descending, limit)
            }
        }
    }};
}

/// What is listed, by the ids of the views: `key` is the order, with the id behind it.
fn sorted<V, K: Ord>(
    all: &[(String, V)],
    is_wanted: impl Fn(&V) -> bool,
    key: impl Fn(&V) -> K,
    descending: bool,
) -> Vec<String> {
    let mut wanted: Vec<_> = all.iter().filter(|(_, view)| is_wanted(view)).collect();
    wanted.sort_by(|(id, view), (other_id, other)| key(view).cmp(&key(other)).then_with(|| id.cmp(other_id)));
    if descending {
        wanted.reverse();
    }
    wanted.into_iter().map(|(id, _)| id.clone()).collect()
}

fn ids<V: Projection>(found: &[Found<V>]) -> Vec<String> {
    found.iter().map(|found| found.key.view_id().unwrap()).collect()
}

async fn check(app: &App, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let (here, there) = (tenant("T"), tenant("T2"));
    for number in 0..GOODS {
        for tenant in [&here, &there] {
            let key = GoodKey::new(tenant, format!("{number:02}"));
            app.execute(&key, Stock(stocked(&mut rng))).await.unwrap();
            if rng.u8(..10) == 0 {
                app.execute(&key, Remove).await.unwrap();
            }
        }
    }
    app.run_until_idle().await.unwrap();
    let mut listed = Vec::new();
    let mut views = app.views::<Listed>(&here);
    while let Some(found) = views.try_next().await.unwrap() {
        listed.push((found.key.view_id().unwrap(), found.view));
    }
    let mut named = Vec::new();
    let mut views = app.views::<Named>(&here);
    while let Some(found) = views.try_next().await.unwrap() {
        named.push((found.key.view_id().unwrap(), (found.key, found.view)));
    }
    for round in 0..QUERIES {
        let (descending, limit) = (rng.bool(), [1, 2, 3, 7, 100][rng.usize(..5)]);
        let told = format!("seed {seed}, round {round}");
        let list = || app.query::<Listed>(&here);
        match round % 8 {
            0 => {
                let (group, bounds) = (stocked(&mut rng).group, some_bounds(&mut rng, some_number));
                let found = ranged!(list().by_group(&group), number, bounds, descending, limit);
                let is_wanted = |view: &Listed| view.group == group && holds(&bounds, &view.number);
                assert_eq!(
                    ids(&found),
                    sorted(&listed, is_wanted, |view| view.number, descending),
                    "{told}: {group:?} {bounds:?}"
                );
                let views: Vec<_> = found.into_iter().map(|found| found.view).collect();
                assert!(views.iter().all(|view| listed.iter().any(|(_, stored)| stored == view)), "{told}");
            }
            1 => {
                let (label, level) = (Label(some_text(&mut rng)), some_level(&mut rng));
                let bounds = some_bounds(&mut rng, some_time);
                let found = ranged!(list().by_label(&label).level(level), when, bounds, descending, limit);
                let is_wanted = |view: &Listed| {
                    view.label == label
                        && view.level == level
                        && view.when.is_some_and(|when| holds(&bounds, &when))
                };
                assert_eq!(
                    ids(&found),
                    sorted(&listed, is_wanted, |view| view.when, descending),
                    "{told}: {label:?}"
                );
            }
            2 => {
                let (label, bounds) = (Label(some_text(&mut rng)), some_bounds(&mut rng, some_level));
                let found = ranged!(list().by_label(&label), level, bounds, descending, limit);
                let is_wanted =
                    |view: &Listed| view.label == label && view.when.is_some() && holds(&bounds, &view.level);
                let key = |view: &Listed| (view.level, view.when);
                assert_eq!(
                    ids(&found),
                    sorted(&listed, is_wanted, key, descending),
                    "{told}: {label:?} {bounds:?}"
                );
            }
            3 => {
                let (open, beginning) = (rng.bool(), format!("n{}", some_text(&mut rng)));
                let found = pages!(list().by_open(open).name(starts_with(&*beginning)), descending, limit);
                let is_wanted = |view: &Listed| view.open == open && view.name.starts_with(&beginning);
                let key = |view: &Listed| view.name.clone();
                assert_eq!(ids(&found), sorted(&listed, is_wanted, key, descending), "{told}: {beginning:?}");
            }
            4 => {
                let open = rng.bool();
                let bounds = some_bounds(&mut rng, |rng| format!("n{}", some_text(rng)));
                let found = ranged!(list().by_open(open), name, bounds, descending, limit);
                let is_wanted = |view: &Listed| view.open == open && holds(&bounds, &view.name);
                let key = |view: &Listed| view.name.clone();
                assert_eq!(ids(&found), sorted(&listed, is_wanted, key, descending), "{told}: {bounds:?}");
            }
            5 => {
                let when = some_time(&mut rng);
                let found = pages!(list().by_when(when), descending, limit);
                assert_eq!(
                    ids(&found),
                    sorted(&listed, |view| view.when == Some(when), |_| (), descending),
                    "{told}: {when}"
                );
            }
            6 => {
                let group = stocked(&mut rng).group;
                // The order of the rendered keys, in which these texts are one after another.
                let bounds =
                    some_bounds(&mut rng, |rng| format!("n{}", ["a", "aa", "ab", "b"][rng.usize(..4)]));
                let found = ranged!(
                    app.query::<Named>(&here).by_key().group(&group),
                    name,
                    bounds,
                    descending,
                    limit
                );
                let is_wanted = |(key, _): &(crate::shop::NamedKey, Named)| {
                    *key.group() == group && holds(&bounds, key.name())
                };
                assert_eq!(
                    ids(&found),
                    sorted(&named, is_wanted, |_| (), descending),
                    "{told}: {group:?} {bounds:?}"
                );
            }
            _ => {
                let size = rng.u64(..3);
                let found = pages!(app.query::<Named>(&here).by_size(size), descending, limit);
                let is_wanted = |(_, view): &(crate::shop::NamedKey, Named)| view.size == size;
                let key = |(_, view): &(crate::shop::NamedKey, Named)| view.label.clone();
                assert_eq!(ids(&found), sorted(&named, is_wanted, key, descending), "{told}: {size}");
                let all = pages!(app.query::<Listed>(&here).by_key(), descending, limit);
                assert_eq!(ids(&all), sorted(&listed, |_| true, |_| (), descending), "{told}: all");
            }
        }
    }
}

#[tokio::test]
async fn the_pages_are_the_sorted_filter_in_memory() {
    for seed in 0..8 {
        check(&memory(), seed).await;
    }
}

#[tokio::test]
async fn the_pages_are_the_sorted_filter_embedded() {
    for seed in 0..2 {
        check(&embedded().await.1, seed).await;
    }
}

#[tokio::test]
async fn the_pages_are_the_sorted_filter_on_ministack() {
    let dynamo = Emulator::ministack().dynamo().await;
    check(&App::builder(&dynamo).build().unwrap(), 0).await;
}
