//! One message, delivered to a handler that sends one command, and to processes.

use std::convert::Infallible;
use std::hint::black_box;

use cqrs_core::commit::{Commit, StoredEvent};
use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;

use crate::{Fallible, block_on};

#[event]
pub(crate) struct Asked {
    id: String,
}

#[event]
pub(crate) struct Answered {}

#[command]
#[derive(Debug)]
pub(crate) struct Answer {
    text: String,
}

#[aggregate(entity = "QUESTION")]
#[derive(Default, Clone)]
pub(crate) struct Question {
    answers: u32,
}

#[aggregate]
impl Question {
    #[command]
    fn answer(&self, command: &Answer) -> Result<Answered, Infallible> {
        black_box(&command.text);
        Ok(Answered {})
    }

    #[apply]
    fn asked(&mut self, _: &Asked) {}

    #[apply]
    fn answered(&mut self, _: &Answered) {
        self.answers += 1;
    }
}

#[event_handler(Asked, queue = "handler")]
async fn answering(event: &Asked, app: &App) -> Result<(), HandlerError> {
    let key = QuestionKey::new(&tenant().map_err(HandlerError::permanent)?, format!("{} answered", event.id));
    app.execute(&key, Answer { text: event.id.clone() }).await?;
    Ok(())
}

#[process(key(id: String), queue = "process")]
#[derive(Default, Clone)]
pub(crate) struct Answering {}

#[process(key(id))]
impl Answering {
    #[react(start)]
    fn on_asked(&self, event: &Asked, key: &AnsweringKey) -> Reaction {
        let question = QuestionKey::new(key.tenant(), format!("{} answered", event.id));
        Reaction::new().execute(&question, Answer { text: event.id.clone() })
    }
}

#[process(key(id: String), queue = "quiet-process")]
#[derive(Default, Clone)]
pub(crate) struct Listening {}

#[process(key(id))]
impl Listening {
    #[react(start)]
    fn on_asked(&self, event: &Asked) -> Reaction {
        black_box(&event.id);
        Reaction::new()
    }
}

fn tenant() -> Result<Tenant, cqrs_core::KeyError> {
    Tenant::new("BENCH")
}

/// A message of a new question each time.
pub(crate) fn taken(rounds: usize, queue: &str) -> Fallible<()> {
    let app = App::builder(MemoryEventStore::new()).build()?;
    let consumer = app.consumer(queue)?;
    let message = |number: usize| -> Fallible<[Received; 1]> {
        let id = format!("question {number}");
        let stream = QuestionKey::new(&tenant()?, id.as_str()).stream()?;
        let event = StoredEvent::encode(&Asked { id })?;
        let metadata = Metadata::new(format!("command {number}"), Timestamp::now());
        let commit = Commit::new(stream, Version::new(1), vec![event], metadata);
        Ok([Received::new(Message::of(&app, &commit).body)])
    };
    let batches: Vec<_> = (0..rounds).map(message).collect::<Fallible<_>>()?;
    block_on(async {
        for batch in &batches {
            if consumer.take(black_box(batch)).await != [Verdict::Done] {
                return Err("the message was not taken".into());
            }
        }
        Ok(())
    })?
}
