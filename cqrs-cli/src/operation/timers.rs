use clap::{Args, Subcommand};
use cqrs_core::Timestamp;
use cqrs_core::inspect::{StreamKind, UnreadableTimer, WaitingTimer};
use serde_json::{Value, json};

use crate::failure::{Ending, Failure};
use crate::output::Align::Left;
use crate::output::{Table, tell};
use crate::session::Session;

/// How many timers are searched for the one to cancel.
const SEARCHED: usize = 100_000;

/// Show and manage the commands and deadlines that wait for their time
#[derive(Debug, Subcommand)]
pub enum Timers {
    /// List the scheduled commands and the deadlines that wait
    List(List),
    /// Cancel a scheduled command
    Cancel(Cancel),
}

impl Timers {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        match self {
            Self::List(operation) => operation.run(session).await,
            Self::Cancel(operation) => operation.run(session).await,
        }
    }
}

/// A timer as JSON. The data of a command is left out unless it was requested.
fn shown(timer: &WaitingTimer, with_data: bool) -> Result<Value, Failure> {
    let mut shown = serde_json::to_value(timer)?;
    if let Some(fields) = shown.as_object_mut().filter(|_| !with_data) {
        fields.remove("data");
    }
    Ok(shown)
}

/// The kind of a timer, in one word.
fn kind(timer: &WaitingTimer) -> &'static str {
    match timer.kind {
        StreamKind::Process => "deadline",
        StreamKind::Aggregate => "command",
    }
}

/// The stream that it goes to.
fn stream(timer: &WaitingTimer) -> String {
    match (&timer.tenant, &timer.stream_id) {
        (Some(tenant), Some(id)) => format!("{} {tenant} {}", timer.entity, id.join(" ")),
        _ => format!("{} {}", timer.pk, timer.sk),
    }
}

/// Names what is stored among the timers and cannot be read.
fn tell_unreadable(unreadable: &[UnreadableTimer]) {
    for UnreadableTimer { pk, sk, reason, .. } in unreadable {
        tell(&format!("{pk} {sk} cannot be read as a timer: {reason}"));
    }
}

/// List the scheduled commands and the deadlines that wait, the earliest first
///
/// A deadline that its process has cancelled stays here until its time, and then has no effect: see `deadlines`. A
/// command that was due and could not be executed is among the dead letters of `@timers`. A stored item that cannot be
/// read as a timer is printed to the standard error, with its address and the reason, and the exit code is 3.
#[derive(Debug, Args)]
pub struct List {
    /// Only those that are due by now
    #[arg(long)]
    due: bool,
    /// The maximum number of timers
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

impl List {
    async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let columns = [("due", Left), ("kind", Left), ("name", Left), ("stream", Left), ("id", Left)];
        let mut table = Table::new(&columns);
        let (limit, now) = (self.limit as usize, Timestamp::now());
        // One more shows whether there are more.
        let found = target.app.inspect().timers(limit + 1).await?;
        let wanted = |timer: &&WaitingTimer| !self.due || timer.due <= now;
        for timer in found.items.iter().take(limit).filter(wanted) {
            if session.out.is_json() {
                let shown = shown(timer, session.options.data)?;
                session.out.value(&shown)?;
            } else {
                let (kind, stream) = (kind(timer).to_owned(), stream(timer));
                table.row([timer.due.to_string(), kind, timer.name.clone(), stream, timer.id.clone()]);
            }
        }
        session.out.table(&mut table)?;
        if found.items.iter().skip(limit).any(|timer| wanted(&timer)) {
            tell(&format!("there are more: --limit {}", limit.saturating_mul(10)));
        }
        tell_unreadable(&found.unreadable);
        Ok(if found.unreadable.is_empty() { Ending::Done } else { Ending::Attention })
    }
}

/// Cancel a scheduled command: it is not executed
///
/// A deadline belongs to its process, and only the process can cancel it. Asks first.
#[derive(Debug, Args)]
pub struct Cancel {
    /// Its id, as `list` prints it
    #[arg(required = true, num_args = 1..=2, value_name = "ID")]
    id: Vec<String>,
}

impl Cancel {
    async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        // It has two parts, which a shell takes for two arguments.
        let id = self.id.join(" ");
        let found = target.app.inspect().timers(SEARCHED).await?;
        let timer = found.items.into_iter().find(|timer| timer.id == id);
        let timer = timer.ok_or_else(|| {
            tell_unreadable(&found.unreadable);
            Failure::work(format!("nothing waits as `{id}`"))
        })?;
        let (name, stream) = (&timer.name, stream(&timer));
        if timer.kind == StreamKind::Process {
            return Err(Failure::work(format!(
                "`{name}` is a deadline of the process at {stream}: only a reaction of the process cancels it"
            )));
        }
        session.confirm(&format!("`{name}` to {stream}, due at {}, will not be executed.", timer.due))?;
        // `Scheduled` is made of its parts.
        let parts = json!({
            "stream": (&timer.pk, &timer.sk), "commandId": timer.metadata.command_id, "due": timer.due,
        });
        let was_waiting = target.app.cancel(&serde_json::from_value(parts)?).await?;
        if !was_waiting {
            return Err(Failure::work(format!(
                "`{name}` does not wait any more: it was executed or cancelled"
            )));
        }
        if session.out.is_json() {
            session.out.value(&json!({ "cancelled": id }))?;
        } else {
            session.out.text(&format!("`{name}` to {stream} is cancelled"))?;
        }
        Ok(Ending::Done)
    }
}
