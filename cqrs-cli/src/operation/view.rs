use clap::Args;
use cqrs_core::inspect::ListedView;
use cqrs_core::{App, Timestamp, Version};
use serde::Serialize;
use serde_json::Value;

use super::place::tenant;
use crate::failure::{Ending, Failure};
use crate::output::escape;
use crate::session::Session;

/// Show one view
///
/// Without `--data` it shows the version and the names of the fields.
#[derive(Debug, Args)]
pub struct View {
    /// The projection: see `projections declared`
    projection: String,
    /// The tenant
    tenant: String,
    /// The id: a text for each field of the key
    #[arg(required = true, value_name = "ID")]
    id: Vec<String>,
}

/// A view as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown<'a> {
    id: &'a [String],
    version: Version,
    updated_at: Timestamp,
    fields: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    view: Option<&'a Value>,
}

impl<'a> Shown<'a> {
    /// The fields are those of the projection: a stored view may also have the keys of a map, which are data.
    pub(super) fn new(found: &'a ListedView, fields: &'a [String], with_data: bool) -> Self {
        Self {
            id: &found.id,
            version: found.version,
            updated_at: found.updated_at,
            fields,
            view: with_data.then_some(&found.view),
        }
    }
}

/// The names of the fields of a projection's views, as far as its shape is known.
pub(super) fn fields(app: &App, projection: &str) -> Vec<String> {
    let linked = app.inspect().projections().into_iter().find(|linked| linked.name == projection);
    linked.map(|linked| linked.fields).unwrap_or_default()
}

impl View {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let tenant = tenant(&self.tenant)?;
        let id: Vec<&str> = self.id.iter().map(String::as_str).collect();
        let Some(found) = target.app.inspect().view(&self.projection, &tenant, &id).await? else {
            return Err(Failure::work(format!(
                "`{}` has no view of {} at `{}`",
                self.projection,
                self.tenant,
                self.id.join(" ")
            )));
        };
        let fields = fields(&target.app, &self.projection);
        let shown = Shown::new(&found, &fields, session.options.data);
        if session.out.is_json() {
            session.out.value(&shown)?;
        } else {
            session.out.text(&format!("version {}\nwritten {}", shown.version, shown.updated_at))?;
            match shown.view {
                Some(view) => session.out.text(&format!("{view:#}"))?,
                None => session.out.text(&format!("fields  {}", escape::line(&shown.fields.join(" "))))?,
            }
        }
        Ok(Ending::Done)
    }
}
