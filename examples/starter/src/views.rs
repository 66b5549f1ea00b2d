//! The read models.

use cqrs::prelude::*;

use crate::library::{Book, BookBought, BookLent, BookReturned};

/// One per book, at the book's own key.
#[projection(Book)]
#[derive(Debug, Default, PartialEq)]
pub struct Card {
    pub title: String,
    pub lent_to: Option<String>,
    pub times_lent: u32,
}

#[projection(Book)]
impl Card {
    #[apply]
    fn bought(&mut self, event: &BookBought) {
        self.title.clone_from(&event.title);
    }

    #[apply]
    fn lent(&mut self, event: &BookLent) {
        self.lent_to = Some(event.reader.clone());
        self.times_lent += 1;
    }

    #[apply]
    fn returned(&mut self, _: &BookReturned) {
        self.lent_to = None;
    }
}

/// One per reader, over all books.
#[projection(key(reader: String))]
#[derive(Debug, Default, PartialEq)]
pub struct Loans {
    pub books: u32,
}

#[projection(key(reader))]
impl Loans {
    #[apply]
    fn lent(&mut self, _: &BookLent) {
        self.books += 1;
    }

    #[apply]
    fn returned(&mut self, _: &BookReturned) {
        self.books -= 1;
    }
}
