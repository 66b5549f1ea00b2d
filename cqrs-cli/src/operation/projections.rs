use clap::{Args, Subcommand};
use cqrs_core::app::{Build, ProjectionState};

use crate::failure::{Ending, Failure};
use crate::output::Align::{Left, Right};
use crate::output::{Table, tell};
use crate::session::Session;

/// Show and manage the projections
#[derive(Debug, Subcommand)]
pub enum Projections {
    /// Show how far the projections are
    List(List),
    /// List the projections of this program with their keys and indexes
    Declared(Declared),
    /// List the projections that lack what was committed before they began
    Unreplayed(Unreplayed),
    /// Let a projection go on without a replay, although it lacks commits
    Waive(Waive),
}

impl Projections {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        match self {
            Self::List(operation) => operation.run(session).await,
            Self::Declared(operation) => operation.run(session).await,
            Self::Unreplayed(operation) => operation.run(session).await,
            Self::Waive(operation) => operation.run(session).await,
        }
    }
}

/// Show how far the projections are
///
/// Shows their builds, how many commits they have not taken and for how many seconds, and their dead letters.
#[derive(Debug, Args)]
pub struct List {
    /// End with exit code 3 if a projection is behind, lags or has dead letters, or if that is not known
    #[arg(long)]
    check: bool,
    /// For `--check`: the maximum age of the oldest commit that was not taken
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "check")]
    max_lag: u64,
}

impl List {
    async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let columns = [
            ("projection", Left),
            ("build", Left),
            ("lag", Right),
            ("seconds", Right),
            ("dead letters", Right),
            ("discarded", Right),
            ("queue", Left),
            ("fold", Left),
        ];
        let mut table = Table::new(&columns);
        let states = target.app.projections().await?;
        for state in &states {
            if session.out.is_json() {
                session.out.value(state)?;
                continue;
            }
            let lag = state.lag.as_ref();
            let more = if lag.is_some_and(|lag| lag.more) { "+" } else { "" };
            let seconds = lag.and_then(|lag| lag.seconds).map(|seconds| seconds.to_string());
            table.row([
                state.projection.to_owned(),
                build(&state.build),
                lag.map_or_else(|| "unknown".to_owned(), |lag| format!("{}{more}", lag.commits)),
                seconds.unwrap_or_else(|| "unknown".to_owned()),
                state.dead_letters.to_string(),
                state.discarded.to_string(),
                state.queue.to_owned(),
                state.fold.to_owned(),
            ]);
        }
        session.out.table(&mut table)?;
        if !self.check {
            return Ok(Ending::Done);
        }
        let mut ending = Ending::Done;
        for state in &states {
            for reason in self.reasons(state) {
                tell(&format!("{}: {reason}", state.projection));
                ending = Ending::Attention;
            }
        }
        Ok(ending)
    }

    /// Why a projection needs attention.
    fn reasons(&self, state: &ProjectionState) -> Vec<String> {
        let mut reasons = Vec::new();
        match state.build {
            Build::Behind { .. } => {
                reasons.push("its views lack commits, and it needs a replay".to_owned());
            }
            Build::Unsettled { .. } => {
                reasons.push("it is not known yet whether its views lack commits".to_owned());
            }
            _ => {}
        }
        if state.dead_letters > 0 {
            reasons.push(format!("it has {} dead letters", state.dead_letters));
        }
        match state.lag {
            None => reasons.push("its lag is not known".to_owned()),
            Some(lag) => reasons.extend(late(lag.commits, lag.more, lag.seconds, self.max_lag)),
        }
        reasons
    }
}

/// Why the lag of a projection needs attention. SQS does not tell how long its messages wait.
fn late(commits: u64, more: bool, seconds: Option<u64>, max_lag: u64) -> Option<String> {
    let or_more = if more { " or more" } else { "" };
    match seconds {
        Some(seconds) => (seconds > max_lag).then(|| format!("it lags by {seconds} seconds")),
        None => (commits > 0)
            .then(|| format!("{commits}{or_more} commits wait, and it is not known for how long")),
    }
}

fn build(build: &Build) -> String {
    match build {
        Build::Whole => "whole".to_owned(),
        Build::Building { done, total, .. } => match total {
            Some(total) => format!("building, {} of {total} commits", done.commits),
            None => format!("building, {} commits", done.commits),
        },
        Build::Behind { since: Some(since), .. } => format!("behind since {since}"),
        Build::Behind { .. } => "behind".to_owned(),
        Build::Unsettled { .. } => "unsettled".to_owned(),
        other => format!("{other:?}"),
    }
}

/// List the projections of this program with their keys and indexes
#[derive(Debug, Args)]
pub struct Declared {}

impl Declared {
    async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let mut table = Table::new(&[
            ("projection", Left),
            ("view", Left),
            ("key", Left),
            ("index", Left),
            ("fields", Left),
        ]);
        for linked in target.app.inspect().projections() {
            if session.out.is_json() {
                session.out.value(&linked)?;
                continue;
            }
            let (name, view, key) = (linked.name.to_owned(), linked.view.to_owned(), linked.key.join(" "));
            if linked.indexes.is_empty() {
                table.row([name.clone(), view.clone(), key.clone(), String::new(), String::new()]);
            }
            for index in linked.indexes {
                let (index, fields) = (index.name.to_owned(), index.fields.join(" "));
                table.row([name.clone(), view.clone(), key.clone(), index, fields]);
            }
        }
        session.out.table(&mut table)?;
        Ok(Ending::Done)
    }
}

/// List the projections that lack what was committed before they began
///
/// For projections about which this is not known yet, it looks at the first pages of the events table. Commits that are
/// on their way count as missing: ask when the delivery has caught up. Exit code 3 if there is one.
#[derive(Debug, Args)]
pub struct Unreplayed {}

impl Unreplayed {
    async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let mut table = Table::new(&[("projection", Left), ("since", Left)]);
        let unreplayed = target.app.unreplayed().await?;
        for one in &unreplayed {
            if session.out.is_json() {
                session
                    .out
                    .value(&serde_json::json!({ "projection": one.projection, "since": one.since }))?;
            } else {
                let since = one.since.map(|since| since.to_string());
                table
                    .row([one.projection.to_owned(), since.unwrap_or_else(|| "it has not begun".to_owned())]);
            }
        }
        session.out.table(&mut table)?;
        Ok(if unreplayed.is_empty() { Ending::Done } else { Ending::Attention })
    }
}

/// Let a projection go on without a replay, although it lacks commits
///
/// From then on it is neither logged nor listed. Asks first.
#[derive(Debug, Args)]
pub struct Waive {
    /// The projection
    projection: String,
}

impl Waive {
    async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        session.confirm(&format!(
            "The views of `{}` will lack what was committed before it began, and nothing will say so any more.",
            self.projection
        ))?;
        target.app.waive_replay(&self.projection).await?;
        if session.out.is_json() {
            session.out.value(&serde_json::json!({ "waived": self.projection }))?;
        } else {
            session.out.text(&format!("`{}` continues without a replay", self.projection))?;
        }
        Ok(Ending::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::late;

    #[test]
    fn messages_that_wait_for_an_unknown_time_are_reported() {
        assert_eq!(late(3, false, Some(60), 60), None);
        assert_eq!(late(3, false, Some(61), 60).unwrap(), "it lags by 61 seconds");
        assert_eq!(late(0, false, None, 60), None);
        let wait = "commits wait, and it is not known for how long";
        assert_eq!(late(3, false, None, 60).unwrap(), format!("3 {wait}"));
        assert_eq!(late(3, true, None, 60).unwrap(), format!("3 or more {wait}"));
    }
}
