//! The chapters of the book, so that their listings are compiled and run.

#[cfg(doctest)]
#[doc = include_str!("../src/aggregates.md")]
mod aggregates {}

#[cfg(doctest)]
#[doc = include_str!("../src/architecture.md")]
mod architecture {}

#[cfg(doctest)]
#[doc = include_str!("../src/aws.md")]
mod aws {}

#[cfg(doctest)]
#[doc = include_str!("../src/choosing.md")]
mod choosing {}

#[cfg(doctest)]
#[doc = include_str!("../src/coming-from.md")]
mod coming_from {}

#[cfg(doctest)]
#[doc = include_str!("../src/cost.md")]
mod cost {}

#[cfg(doctest)]
#[doc = include_str!("../src/doors.md")]
mod doors {}

#[cfg(doctest)]
#[doc = include_str!("../src/events.md")]
mod events {}

#[cfg(doctest)]
#[doc = include_str!("../src/evolution.md")]
mod evolution {}

#[cfg(doctest)]
#[doc = include_str!("../src/features.md")]
mod features {}

#[cfg(doctest)]
#[doc = include_str!("../src/first-app.md")]
mod first_app {}

#[cfg(doctest)]
#[doc = include_str!("../src/glossary.md")]
mod glossary {}

#[cfg(doctest)]
#[doc = include_str!("../src/indexes.md")]
mod indexes {}

#[cfg(doctest)]
#[doc = include_str!("../src/introduction.md")]
mod introduction {}

#[cfg(doctest)]
#[doc = include_str!("../src/items.md")]
mod items {}

#[cfg(doctest)]
#[doc = include_str!("../src/operating.md")]
mod operating {}

#[cfg(doctest)]
#[doc = include_str!("../src/operators-reference.md")]
mod operators_reference {}

#[cfg(doctest)]
#[doc = include_str!("../src/personal-data.md")]
mod personal_data {}

#[cfg(doctest)]
#[doc = include_str!("../src/processes-in-detail.md")]
mod processes_in_detail {}

#[cfg(doctest)]
#[doc = include_str!("../src/processes.md")]
mod processes {}

#[cfg(doctest)]
#[doc = include_str!("../src/projections.md")]
mod projections {}

#[cfg(doctest)]
#[doc = include_str!("../src/shards.md")]
mod shards {}

#[cfg(doctest)]
#[doc = include_str!("../src/stores.md")]
mod stores {}

#[cfg(doctest)]
#[doc = include_str!("../src/testing.md")]
mod testing {}

#[cfg(doctest)]
#[doc = include_str!("../src/transactions-in-detail.md")]
mod transactions_in_detail {}

#[cfg(doctest)]
#[doc = include_str!("../src/transactions.md")]
mod transactions {}
