use std::any::TypeId;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Process;
use crate::aggregate::{AggregateKey, Entity};
use crate::command::{Decide, StoredCommand};
use crate::commit::StoredEvent;
use crate::commit::record::is_never;
use crate::metadata::Metadata;
use crate::timestamp::Timestamp;

/// What a process does because of an event or a deadline. It is a value: creating it executes nothing. `#[react]` and
/// `#[deadline]` methods return it.
///
/// It is stored with the step that it belongs to. Then its commands are executed in their order. Each takes effect
/// once, even after a repeated delivery or a crash in between.
#[derive(Debug, Default)]
#[must_use = "a reaction does nothing unless it is returned"]
pub struct Reaction {
    planned: Vec<Planned>,
    /// Who sends its commands.
    by: Option<String>,
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
        /// How often that schema was widened by then.
        #[serde(default, skip_serializing_if = "is_never")]
        widened: u32,
        /// Its content.
        data: serde_json::Value,
        /// Who sends it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
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
    /// A reaction that does nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Executes a command, a [`#[command]`](macro@crate::command), on the aggregate at a key.
    ///
    /// If the command is rejected, the instance stops there, as a dead letter of the process. So a command method must
    /// not reject what has already come true in the meantime: it returns no event.
    pub fn execute<K, C>(mut self, key: &K, command: C) -> Self
    where
        K: AggregateKey<Aggregate: Decide<C>>,
        C: StoredCommand,
    {
        let effect = || {
            let stream = key.stream().map_err(|error| error.to_string())?;
            let StoredEvent { name, schema, widened, data } =
                StoredEvent::encode(&command).map_err(|error| error.to_string())?;
            let entity = <K::Aggregate as Entity>::ENTITY.to_owned();
            let (pk, sk) = (stream.pk().to_owned(), stream.sk().to_owned());
            Ok(Effect::Execute { entity, pk, sk, r#type: name, schema, widened, data, by: None })
        };
        match effect() {
            Ok(effect) => self.planned.push(Planned::Execute(effect)),
            Err(reason) => self.blame(reason),
        }
        self
    }

    /// Sets a deadline, a `#[deadline]` method, or moves it if it is already set. The duration counts from the time at
    /// which the event was recorded, or from the deadline that the reaction belongs to.
    pub fn deadline<M: 'static>(mut self, method: M, after: Duration) -> Self {
        drop(method);
        self.planned.push(Planned::Set(TypeId::of::<M>(), When::After(after)));
        self
    }

    /// Sets or moves a deadline to a time.
    pub fn deadline_at<M: 'static>(mut self, method: M, due: Timestamp) -> Self {
        drop(method);
        self.planned.push(Planned::Set(TypeId::of::<M>(), When::At(due)));
        self
    }

    /// Cancels a deadline. From then on it never comes. If it is not set, nothing happens.
    pub fn cancel<M: 'static>(mut self, method: M) -> Self {
        drop(method);
        self.planned.push(Planned::Cancel(TypeId::of::<M>()));
        self
    }

    /// Who sends the commands of this reaction: `created_by` of their commits. Without it they have none, and their causation id
    /// leads to what the process has reacted to.
    pub fn by(mut self, who: impl Into<String>) -> Self {
        let who = who.into();
        if let Some(fault) = Metadata::text_fault(&who) {
            self.blame(format!("`.by(…)` {fault}"));
        }
        self.by = Some(who);
        self
    }

    /// Ends the instance: its deadlines never come, and later events are passed over.
    pub fn end(mut self) -> Self {
        self.planned.push(Planned::End);
        self
    }

    /// Appends another reaction, which runs after this one.
    pub fn and(mut self, other: Self) -> Self {
        let fault = self.fault.take().or_else(|| other.fault.clone());
        let planned = self.signed().into_iter().chain(other.signed()).collect();
        Self { planned, by: None, fault }
    }

    /// What is planned, and who sends it.
    fn signed(mut self) -> Vec<Planned> {
        if let Some(who) = self.by {
            for planned in &mut self.planned {
                if let Planned::Execute(Effect::Execute { by, .. }) = planned {
                    by.get_or_insert_with(|| who.clone());
                }
            }
        }
        self.planned
    }

    fn blame(&mut self, reason: String) {
        self.fault.get_or_insert(reason);
    }

    /// The reaction as it is stored, for a cause at `time`.
    ///
    /// # Errors
    /// A command that cannot be stored, or a deadline that the process does not have.
    pub(crate) fn effects<P: Process>(self, at: Timestamp) -> Result<Vec<Effect>, String> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let name = |method: TypeId| {
            let arm = P::DEADLINES.iter().find(|arm| (arm.method)() == method);
            let arm = arm.ok_or_else(|| {
                format!("a reaction of `{}` names a method that is not a `#[deadline]`", P::NAME)
            })?;
            Ok::<_, String>(arm.name.to_owned())
        };
        let effects = self.signed().into_iter().map(|planned| {
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
