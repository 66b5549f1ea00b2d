use std::collections::BTreeMap;

use clap::Args;
use cqrs_core::inspect::{Step as Commit, StreamKind};
use cqrs_core::process::{Effect, Step, StepCause};
use cqrs_core::{Timestamp, Version};
use serde::Serialize;

use super::place::Stream;
use crate::failure::{Ending, Failure};
use crate::output::Align::{Left, Right};
use crate::output::Table;
use crate::session::Session;

/// How many steps one request reads.
const PAGE: usize = 100;

/// Show what happened to the deadlines of a process: which wait, which were cancelled, and which came
///
/// It reads all steps of the instance.
#[derive(Debug, Args)]
pub struct Deadlines {
    #[command(flatten)]
    stream: Stream,
}

/// One deadline that was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Setting {
    deadline: String,
    due: Timestamp,
    state: Fate,
    /// The step that has set it.
    set: Version,
    /// The step in which it came, was moved or was cancelled.
    until: Option<Version>,
}

/// What happened to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Fate {
    Waits,
    Moved,
    Cancelled,
    Came,
}

impl Fate {
    fn word(self) -> &'static str {
        match self {
            Self::Waits => "waits",
            Self::Moved => "moved",
            Self::Cancelled => "cancelled",
            Self::Came => "came",
        }
    }
}

/// The deadlines of an instance, step by step.
#[derive(Debug, Default)]
struct Settings {
    all: Vec<Setting>,
    /// The place of the waiting deadline with a name among all.
    waiting: BTreeMap<String, usize>,
}

impl Settings {
    fn take(&mut self, version: Version, step: &Step) {
        if let StepCause::Deadline { deadline, .. } = &step.cause {
            self.end(deadline, Fate::Came, version);
        }
        for effect in step.effects() {
            match effect {
                Effect::Set { deadline, due, .. } => {
                    self.end(deadline, Fate::Moved, version);
                    self.waiting.insert(deadline.clone(), self.all.len());
                    let (deadline, due) = (deadline.clone(), *due);
                    self.all.push(Setting { deadline, due, state: Fate::Waits, set: version, until: None });
                }
                Effect::Cancel { deadline, .. } => self.end(deadline, Fate::Cancelled, version),
                Effect::End => {
                    for deadline in self.waiting.clone().into_keys() {
                        self.end(&deadline, Fate::Cancelled, version);
                    }
                }
                _ => {}
            }
        }
    }

    fn end(&mut self, deadline: &str, state: Fate, version: Version) {
        let setting = self.waiting.remove(deadline).and_then(|at| self.all.get_mut(at));
        if let Some(setting) = setting {
            setting.state = state;
            setting.until = Some(version);
        }
    }
}

impl Deadlines {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let stream = self.stream.address(&target.app)?;
        let is_process = |entity: &str| {
            let mut streams = target.app.inspect().streams().into_iter();
            streams.any(|linked| linked.entity == entity && linked.kind == StreamKind::Process)
        };
        if !is_process(stream.entity) {
            return Err(Failure::usage(format!("`{}` is an aggregate, and has no deadlines", stream.entity)));
        }
        let mut settings = Settings::default();
        let mut after = Version::NONE;
        loop {
            let page = target.app.inspect().steps(&stream, after, PAGE).await?;
            let Some(last) = page.items.last() else { break };
            after = last.place.version;
            for commit in &page.items {
                settings.take(commit.place.version, &step(commit)?);
            }
            if page.next.is_none() {
                break;
            }
        }
        if after.is_none() {
            return Err(Failure::work(format!("`{}` has no steps", stream.key)));
        }
        let columns =
            [("deadline", Left), ("due", Left), ("state", Left), ("set in", Right), ("until", Right)];
        let mut table = Table::new(&columns);
        for setting in settings.all {
            if session.out.is_json() {
                session.out.value(&setting)?;
                continue;
            }
            let until = setting.until.map(|version| version.to_string());
            table.row([
                setting.deadline,
                setting.due.to_string(),
                setting.state.word().to_owned(),
                setting.set.to_string(),
                until.unwrap_or_default(),
            ]);
        }
        session.out.table(&mut table)?;
        Ok(Ending::Done)
    }
}

fn step(commit: &Commit) -> Result<Step, Failure> {
    let data = commit.commit.get("data").cloned().unwrap_or_default();
    let version = commit.place.version;
    serde_json::from_value(data)
        .map_err(|error| Failure::work(format!("version {version} is not a step of a process: {error}")))
}
