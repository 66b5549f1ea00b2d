//! Counts the visitors of a museum on the stores of this crate. Run it twice: it continues where it stopped.
//!
//! `cargo run -p own-store -- FOLDER`; without a folder it uses `own-store-data`.

use std::convert::Infallible;
use std::env;
use std::error::Error;

use cqrs_core::prelude::*;
use own_store::Folder;

/// A group came in.
#[event]
pub struct VisitorCame {
    /// How many came at once.
    pub people: u32,
}

/// One day at the museum.
#[aggregate(entity = "DAY")]
#[derive(Default)]
pub struct Day {
    people: u32,
}

/// Lets people in.
#[derive(Clone)]
pub struct LetIn {
    /// How many there are.
    pub people: u32,
}

#[aggregate]
impl Day {
    #[command]
    fn let_in(&self, command: LetIn) -> Result<VisitorCame, Infallible> {
        Ok(VisitorCame { people: command.people })
    }

    #[apply]
    fn came(&mut self, event: &VisitorCame) {
        self.people += event.people;
    }
}

/// The board at the door.
#[projection(Day)]
#[derive(Debug, Default)]
pub struct Board {
    /// All visitors of the day.
    pub people: u32,
    /// The largest group.
    pub largest_group: u32,
}

#[projection(Day)]
impl Board {
    #[apply]
    fn came(&mut self, event: &VisitorCame) {
        self.people += event.people;
        self.largest_group = self.largest_group.max(event.people);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).unwrap_or_else(|| "own-store-data".to_owned());
    let app = App::builder(Folder::open(folder)?).build()?;
    let day = DayKey::new(&Tenant::new("MUSEUM")?, "2024-01-01");

    let done = app.execute(&day, LetIn { people: 3 }).await?;
    println!("commit {} is stored", done.version);

    app.run_until_idle().await?;
    if let Some(board) = app.view::<Board>(&day).await? {
        println!("{} visitors, the largest group of {}", board.people, board.largest_group);
    }
    Ok(())
}
