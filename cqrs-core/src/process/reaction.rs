use std::any::TypeId;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Process;
use crate::aggregate::{AggregateKey, Entity};
use crate::command::{Decide, StoredCommand};
use crate::commit::StoredEvent;
use crate::timestamp::Timestamp;

/// What a process does because of an event or a deadline: a value, and nothing has happened yet. What `#[react]` and `#[deadline]`
/// methods return.
///
/// It is stored with the step that it belongs to. Then its commands are executed in their order, each once in effect, whatever is
/// delivered twice or crashes in between.
#[derive(Debug, Default)]
#[must_use = "a reaction does nothing unless it is returned"]
pub struct Reaction {
    planned: Vec<Planned>,
    /// Why it cannot be stored.
    fault: Option<String>,
}

#[derive(Debug)]
enum Planned {
    Execute(Effect),
    Set(TypeId, When),
    Cancel(TypeId),
    End,
}

#[derive(Debug)]
enum When {
    After(Duration),
    At(Timestamp),
}

/// One part of a reaction, as it is stored with its step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Effect {
    /// A command is executed.
    #[non_exhaustive]
    Execute {
        /// The entity of its aggregate.
        entity: String,
        /// The partition key of the stream that it goes to.
        pk: String,
        /// The sort key of the stream, without a version.
        sk: String,
        /// The stored type name of the command.
        r#type: String,
        /// The schema that it is stored under.
        schema: u32,
        /// What it holds.
        data: serde_json::Value,
    },
    /// A deadline is set, or moved.
    #[non_exhaustive]
    Set {
        /// Its name.
        deadline: String,
        /// When it comes.
        due: Timestamp,
    },
    /// A deadline is cancelled.
    #[non_exhaustive]
    Cancel {
        /// Its name.
        deadline: String,
    },
    /// The instance ends.
    End,
}

impl Reaction {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Executes a command, a [`#[command]`](macro@crate::command), on the aggregate at a key.
    ///
    /// Where it is rejected, the instance stops there, as a dead letter of the process: what has come true in the meantime is no
    /// rejection, and a command method says so with no event.
    pub fn execute<K, C>(mut self, key: &K, command: C) -> Self
    where
        K: AggregateKey<Aggregate: Decide<C>>,
        C: StoredCommand,
    {
        let effect = || {
            let stream = key.stream().map_err(|error| error.to_string())?;
            let StoredEvent { name, schema, data } =
                StoredEvent::encode(&command).map_err(|error| error.to_string())?;
            let entity = <K::Aggregate as Entity>::ENTITY.to_owned();
            let (pk, sk) = (stream.pk().to_owned(), stream.sk().to_owned());
            Ok(Effect::Execute { entity, pk, sk, r#type: name, schema, data })
        };
        match effect() {
            Ok(effect) => self.planned.push(Planned::Execute(effect)),
            Err(reason) => self.blame(reason),
        }
        self
    }

    /// Sets a deadline, a `#[deadline]` method, or moves it where it is set: so long after the event was recorded, or after the
    /// deadline that the reaction belongs to.
    pub fn deadline<M: 'static>(mut self, method: M, after: Duration) -> Self {
        drop(method);
        self.planned.push(Planned::Set(TypeId::of::<M>(), When::After(after)));
        self
    }

    /// The same for a time.
    pub fn deadline_at<M: 'static>(mut self, method: M, due: Timestamp) -> Self {
        drop(method);
        self.planned.push(Planned::Set(TypeId::of::<M>(), When::At(due)));
        self
    }

    /// Cancels a deadline. From then on it never comes. Where it is not set, nothing happens.
    pub fn cancel<M: 'static>(mut self, method: M) -> Self {
        drop(method);
        self.planned.push(Planned::Cancel(TypeId::of::<M>()));
        self
    }

    /// Ends the instance: its deadlines never come, and later events are passed over.
    pub fn end(mut self) -> Self {
        self.planned.push(Planned::End);
        self
    }

    /// Runs one reaction after another.
    pub fn and(mut self, other: Self) -> Self {
        self.planned.extend(other.planned);
        self.fault = self.fault.or(other.fault);
        self
    }

    fn blame(&mut self, reason: String) {
        self.fault.get_or_insert(reason);
    }

    /// As it is stored, for a cause of that time.
    ///
    /// # Errors
    /// A command that cannot be stored, or a deadline that is none of the process.
    pub(crate) fn effects<P: Process>(self, at: Timestamp) -> Result<Vec<Effect>, String> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let name = |method: TypeId| {
            let arm = P::DEADLINES.iter().find(|arm| (arm.method)() == method);
            let arm = arm.ok_or_else(|| {
                format!("a reaction of `{}` names a method that is no `#[deadline]`", P::NAME)
            })?;
            Ok::<_, String>(arm.name.to_owned())
        };
        let effects = self.planned.into_iter().map(|planned| {
            Ok(match planned {
                Planned::Execute(effect) => effect,
                Planned::Set(method, When::After(after)) => {
                    Effect::Set { deadline: name(method)?, due: at + after }
                }
                Planned::Set(method, When::At(due)) => Effect::Set { deadline: name(method)?, due },
                Planned::Cancel(method) => Effect::Cancel { deadline: name(method)? },
                Planned::End => Effect::End,
            })
        });
        effects.collect()
    }
}
