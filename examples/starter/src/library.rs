//! The domain: books that are lent and come back.

use cqrs::prelude::*;
use serde::{Deserialize, Serialize};

/// What a book looks like when it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EventData)]
pub enum Condition {
    Good,
    Torn,
}

#[event]
pub struct BookBought {
    pub title: String,
}

#[event]
pub struct BookLent {
    pub reader: String,
}

#[event]
pub struct BookReturned {
    pub reader: String,
    pub condition: Condition,
}

#[command]
#[derive(Clone)]
pub struct Buy {
    pub title: String,
}

#[command]
#[derive(Clone)]
pub struct Lend {
    pub reader: String,
}

#[command]
#[derive(Clone)]
pub struct Return {
    pub condition: Condition,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum BookError {
    #[error("the library has this book already")]
    BoughtAlready,
    #[error("the library has no such book")]
    Unknown,
    #[error("{reader} has the book")]
    Lent { reader: String },
    #[error("nobody has the book")]
    NotLent,
}

#[aggregate(entity = "BOOK")]
#[derive(Default)]
pub struct Book {
    bought: bool,
    lent_to: Option<String>,
}

#[aggregate]
impl Book {
    #[command]
    fn buy(&self, command: Buy) -> Result<BookBought, BookError> {
        if self.bought {
            Err(BookError::BoughtAlready)
        } else {
            Ok(BookBought {
                title: command.title,
            })
        }
    }

    #[command]
    fn lend(&self, command: Lend) -> Result<BookLent, BookError> {
        match &self.lent_to {
            Some(reader) => Err(BookError::Lent {
                reader: reader.clone(),
            }),
            None if self.bought => Ok(BookLent {
                reader: command.reader,
            }),
            None => Err(BookError::Unknown),
        }
    }

    #[command]
    fn take_back(&self, command: Return) -> Result<BookReturned, BookError> {
        let reader = self.lent_to.clone().ok_or(BookError::NotLent)?;
        Ok(BookReturned {
            reader,
            condition: command.condition,
        })
    }

    #[apply]
    fn bought(&mut self, _: &BookBought) {
        self.bought = true;
    }

    #[apply]
    fn lent(&mut self, event: &BookLent) {
        self.lent_to = Some(event.reader.clone());
    }

    #[apply]
    fn returned(&mut self, _: &BookReturned) {
        self.lent_to = None;
    }
}
