use clap::Args;
use cqrs_core::inspect::Moment;
use cqrs_core::{Timestamp, Version};
use serde::Serialize;
use serde_json::Value;

use super::place::Stream;
use super::shown;
use crate::failure::{Ending, Failure};
use crate::output::escape;
use crate::session::Session;

/// Show the state of a stream: now, at a version or at a time
///
/// Without `--data` it shows the version and the names of the fields.
#[derive(Debug, Args)]
pub struct State {
    #[command(flatten)]
    stream: Stream,
    /// The state right after this version
    #[arg(long, value_name = "VERSION")]
    version: Option<u64>,
    /// The state at a time, by the times of the commits: `2024-01-01T10:00:00Z`
    #[arg(long, value_name = "TIME", conflicts_with = "version")]
    at: Option<Timestamp>,
    /// The state as it was known at a time, by the times at which the commits were recorded
    #[arg(long, value_name = "TIME", conflicts_with_all = ["version", "at"])]
    recorded: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    entity: &'a str,
    tenant: &'a str,
    id: &'a [String],
    version: Version,
    fields: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a Value>,
}

impl State {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let stream = self.stream.address(&target.app)?;
        let found = target.app.inspect().state(&stream, self.moment()).await?;
        if let Some(wanted) = self.version.filter(|wanted| *wanted > found.version.get()) {
            let (stream, last) = (&stream.key, found.version);
            return Err(Failure::work(format!("`{stream}` has no version {wanted}; its last one is {last}")));
        }
        if self.is_now() && found.version.is_none() {
            return Err(Failure::work(format!("`{}` has no commits", stream.key)));
        }
        let fields = shown::fields(&found.state);
        let state = session.options.data.then_some(&found.state);
        if session.out.is_json() {
            session.out.value(&Shown {
                entity: stream.entity,
                tenant: &stream.tenant,
                id: &stream.id,
                version: found.version,
                fields,
                state,
            })?;
        } else {
            session.out.text(&format!("version {}", found.version))?;
            match state {
                Some(state) => session.out.text(&format!("{state:#}"))?,
                None => session.out.text(&format!("fields  {}", escape::line(&fields.join(" "))))?,
            }
        }
        Ok(Ending::Done)
    }

    fn is_now(&self) -> bool {
        self.moment() == Moment::Now
    }

    fn moment(&self) -> Moment {
        match (self.version, self.at, self.recorded) {
            (Some(version), ..) => Moment::Version(Version::new(version)),
            (_, Some(at), _) => Moment::AsOf(at),
            (.., Some(at)) => Moment::AsRecorded(at),
            (None, None, None) => Moment::Now,
        }
    }
}
