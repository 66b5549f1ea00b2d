use std::time::Instant;

use clap::Args;
use cqrs_core::replay::Replayed;
use serde::Serialize;

use crate::failure::{Ending, Failure};
use crate::progress;
use crate::session::Session;

/// Build the views of a projection anew from all commits
///
/// Readers have the earlier views until the new ones are complete, and the delivery continues. A replay that was
/// interrupted continues when it is called again. It reads the whole events table, which is charged: see `--spend`.
#[derive(Debug, Args)]
pub struct Replay {
    /// The projection: see `projections declared`
    projection: String,
}

/// The result of a replay, as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done<'a> {
    projection: &'a str,
    #[serde(flatten)]
    replayed: Replayed,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
}

impl Replay {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let began = Instant::now();
        let inspect = target.app.inspect();
        let replayed = progress::shown(&target.app, inspect.replay(&self.projection)).await?;
        print(session, &self.projection, replayed, Some(began.elapsed().as_secs_f64()))?;
        Ok(Ending::Done)
    }
}

pub(super) fn print(
    session: &mut Session,
    projection: &str,
    replayed: Replayed,
    seconds: Option<f64>,
) -> Result<(), Failure> {
    if session.out.is_json() {
        return session.out.value(&Done { projection, replayed, seconds });
    }
    let Replayed { commits, streams, views, .. } = replayed;
    let took = seconds.map(|seconds| format!(" in {seconds:.1} seconds")).unwrap_or_default();
    session
        .out
        .text(&format!("{projection}: {views} views of {streams} streams, {commits} commits read{took}"))
}
