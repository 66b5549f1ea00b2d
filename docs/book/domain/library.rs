use cqrs::prelude::*;

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
}

#[derive(Clone)]
pub struct Buy {
    pub title: String,
}

#[derive(Clone)]
pub struct Lend {
    pub reader: String,
}

#[derive(Clone)]
pub struct TakeBack;

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
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
#[derive(Debug, Default)]
pub struct Book {
    pub bought: bool,
    pub lent_to: Option<String>,
}

#[aggregate]
impl Book {
    #[command]
    fn buy(&self, command: Buy) -> Result<BookBought, Refusal> {
        if self.bought { Err(Refusal::BoughtAlready) } else { Ok(BookBought { title: command.title }) }
    }

    #[command]
    fn lend(&self, command: Lend) -> Result<BookLent, Refusal> {
        match &self.lent_to {
            Some(reader) => Err(Refusal::Lent { reader: reader.clone() }),
            None if self.bought => Ok(BookLent { reader: command.reader }),
            None => Err(Refusal::Unknown),
        }
    }

    #[command]
    fn take_back(&self, _: &TakeBack) -> Result<BookReturned, Refusal> {
        let reader = self.lent_to.clone().ok_or(Refusal::NotLent)?;
        Ok(BookReturned { reader })
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
