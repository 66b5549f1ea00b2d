//! What an old state leads to says nothing about the command: not even that its commit is too large, or cannot be folded.

use cqrs_core::Outcome;
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank;

#[event]
struct NotePinned {
    text: String,
}

#[event]
struct NoteTaken {
    text: String,
}

#[event]
struct NotesCut {
    count: usize,
}

#[derive(Clone)]
struct Pin(Vec<String>);

#[derive(Clone)]
struct TakeAll;

/// Takes the first notes down, without a look at how many there are.
#[derive(Clone)]
struct Cut(usize);

#[aggregate(entity = "BOARD")]
#[derive(Default)]
struct Board {
    notes: Vec<String>,
}

#[aggregate]
impl Board {
    #[command]
    fn pin(&self, command: &Pin) -> Result<Vec<NotePinned>, String> {
        Ok(command.0.iter().map(|text| NotePinned { text: text.clone() }).collect())
    }

    #[command]
    fn take_all(&self, _: &TakeAll) -> Result<Vec<NoteTaken>, String> {
        Ok(self.notes.iter().map(|text| NoteTaken { text: text.clone() }).collect())
    }

    #[command]
    fn cut(&self, command: &Cut) -> Result<NotesCut, String> {
        Ok(NotesCut { count: command.0 })
    }

    #[apply]
    fn pinned(&mut self, event: &NotePinned) {
        self.notes.push(event.text.clone());
    }

    #[apply]
    fn taken(&mut self, event: &NoteTaken) {
        self.notes.retain(|text| *text != event.text);
    }

    #[apply]
    fn notes_cut(&mut self, event: &NotesCut) {
        self.notes.drain(..event.count);
    }
}

/// No copy can be made of it.
#[derive(Default)]
struct Level(u32);

#[event]
struct Filled {
    litres: u32,
}

#[event]
struct Drained {
    litres: u32,
}

#[derive(Clone)]
struct Fill(u32);

#[derive(Clone)]
struct Drain(u32);

#[aggregate(entity = "TANK")]
#[derive(Default)]
struct Tank {
    level: Level,
}

#[aggregate]
impl Tank {
    #[command]
    fn fill(&self, command: &Fill) -> Result<Filled, String> {
        Ok(Filled { litres: command.0 })
    }

    #[command]
    fn drain(&self, command: &Drain) -> Result<Drained, String> {
        Ok(Drained { litres: command.0 })
    }

    #[apply]
    fn filled(&mut self, event: &Filled) {
        self.level.0 += event.litres;
    }

    #[apply]
    fn drained(&mut self, event: &Drained) {
        self.level.0 = self.level.0.checked_sub(event.litres).expect("less is in the tank");
    }
}

/// Two processes on one store in memory, and two on an embedded database.
async fn pairs() -> [[App; 2]; 2] {
    let store = MemoryEventStore::new();
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let on_memory = || bank::app(store.clone()).unwrap();
    let on_dynamo = || bank::app(dynamo.event_store()).unwrap();
    [[on_memory(), on_memory()], [on_dynamo(), on_dynamo()]]
}

/// 100 notes of 2 KB.
fn pin(sheet: u32) -> Pin {
    Pin((0..100).map(|number| format!("{sheet}-{number} {}", "x".repeat(2000))).collect())
}

#[tokio::test]
async fn a_commit_that_only_an_old_state_makes_too_large_is_decided_again() {
    for [app, other] in pairs().await {
        for in_transaction in [false, true] {
            let key = BoardKey::new(&bank::tenant(), format!("board-{in_transaction}"));
            let desk = BoardKey::new(&bank::tenant(), format!("desk-{in_transaction}"));
            for sheet in 0..3 {
                app.execute(&key, pin(sheet)).await.unwrap();
            }
            // On fresh state it is too large.
            let error = app.execute(&key, TakeAll).await.unwrap_err();
            assert!(matches!(error, ExecuteError::TooLarge { .. }), "{error}");
            for _ in 0..3 {
                other.execute(&key, Cut(100)).await.unwrap();
            }
            if in_transaction {
                let both = app.transaction().execute(&key, TakeAll).execute(&desk, Pin(vec!["done".into()]));
                assert_eq!(both.await.unwrap().outcome, Outcome::Committed);
            } else {
                assert_eq!(app.execute(&key, TakeAll).await.unwrap().outcome, Outcome::Unchanged);
            }
            assert_eq!(app.load(&key).await.unwrap().state.notes.len(), 0);
        }
    }
}

#[tokio::test]
async fn a_fold_that_only_an_old_state_makes_panic_is_tried_again() {
    for [app, other] in pairs().await {
        for in_transaction in [false, true] {
            let board = BoardKey::new(&bank::tenant(), format!("board-{in_transaction}"));
            let tank = TankKey::new(&bank::tenant(), format!("tank-{in_transaction}"));
            app.execute(&board, Pin(vec!["a".into()])).await.unwrap();
            app.execute(&tank, Fill(1)).await.unwrap();
            other.execute(&board, Pin(vec!["b".into(), "c".into()])).await.unwrap();
            other.execute(&tank, Fill(2)).await.unwrap();
            if in_transaction {
                let both = app.transaction().execute(&board, Cut(3)).execute(&tank, Drain(3));
                assert_eq!(both.await.unwrap().outcome, Outcome::Committed);
            } else {
                app.execute(&board, Cut(3)).await.unwrap();
                app.execute(&tank, Drain(3)).await.unwrap();
            }
            for app in [&app, &other] {
                assert_eq!(app.load(&board).await.unwrap().state.notes.len(), 0);
                assert_eq!(app.load(&tank).await.unwrap().state.level.0, 0);
            }
            // On fresh state it is an error, and nothing is stored.
            assert!(app.execute(&board, Cut(1)).await.is_err());
            assert!(app.execute(&tank, Drain(1)).await.is_err());
            assert_eq!(app.load(&board).await.unwrap().version, Version::new(3));
        }
    }
}
