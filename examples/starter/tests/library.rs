//! The rules and the read models, without a store.

use cqrs::prelude::*;
use cqrs::store::MemoryEventStore;
use cqrs::testing::{ProjectionScenario, Scenario};
use cqrs::view::MemoryViewStore;
use starter::api::api;
use starter::library::{
    Book, BookBought, BookError, BookKey, BookLent, BookReturned, Condition, Lend, Return,
};
use starter::views::Card;
use starter::workshop::Workshop;

// Everything that is linked into this program fits together.
cqrs::testing::wiring!(provides: [Workshop]);
// The shapes of the stored events are those of `events.lock`.
cqrs::events_lock!();

fn bought() -> BookBought {
    BookBought {
        title: "The Odyssey".into(),
    }
}

#[test]
fn a_book_is_lent_to_one_reader_at_a_time() {
    Scenario::<Book>::given(bought())
        .when(Lend {
            reader: "Ada".into(),
        })
        .then(BookLent {
            reader: "Ada".into(),
        })
        .when(Lend {
            reader: "Ben".into(),
        })
        .then_rejected(BookError::Lent {
            reader: "Ada".into(),
        })
        .when(Return {
            condition: Condition::Good,
        })
        .then(BookReturned {
            reader: "Ada".into(),
            condition: Condition::Good,
        })
        .when(Return {
            condition: Condition::Good,
        })
        .then_rejected(BookError::NotLent);
}

#[test]
fn the_card_says_who_has_the_book() {
    let book = BookKey::new(&Tenant::new("LIBRARY").unwrap(), "978-0140449136");
    ProjectionScenario::<Card>::given(&book, bought())
        .and_given(
            &book,
            BookLent {
                reader: "Ada".into(),
            },
        )
        .then_view(&book, |card| {
            assert_eq!(card.lent_to.as_deref(), Some("Ada"))
        });
}

#[tokio::test]
async fn the_paths_of_the_api_are_each_there_once() {
    let app = App::builder(MemoryEventStore::new())
        .views(MemoryViewStore::new())
        .provide(Workshop)
        .build()
        .unwrap();
    assert!(api(&app).router().is_ok());
}
