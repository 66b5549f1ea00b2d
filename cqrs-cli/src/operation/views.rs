use clap::Args;
use cqrs_core::inspect::{AskedView, Criterion, ListedView};
use serde_json::Value;

use super::paging::Paging;
use super::place::tenant;
use super::view::{Shown, fields};
use crate::failure::{Ending, Failure};
use crate::output::Align::{Left, Right};
use crate::output::Table;
use crate::session::Session;

/// List views, by their keys or by an index
///
/// `--is` gives the first fields of the index, or of the key, in their order. The next field may have a range or a
/// prefix. Write a value as it is, whether it is a number or a text.
#[derive(Debug, Args)]
pub struct Views {
    /// The projection: see `projections declared`
    projection: String,
    /// The tenant
    tenant: String,
    /// The index; without it, the views are listed in the order of the keys
    #[arg(long, value_name = "INDEX")]
    index: Option<String>,
    /// The next field has this value; may be given once for each field
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    is: Vec<String>,
    /// The field after those is not less than this
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    from: Option<String>,
    /// The field after those is not more than this
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    to: Option<String>,
    /// The text after those begins with this
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["from", "to"])]
    begins: Option<String>,
    /// List from the last view to the first
    #[arg(long)]
    descending: bool,
    #[command(flatten)]
    paging: Paging,
}

impl Views {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let tenant = tenant(&self.tenant)?;
        let columns = [("id", Left), ("version", Right), ("written", Left), ("view", Left)];
        let shown = if session.options.data { columns.len() } else { columns.len() - 1 };
        let mut table = Table::new(columns.get(..shown).unwrap_or_default());
        let asked = self.asked();
        let fields = fields(&target.app, &self.projection);
        let fetch = async |limit: u32, after: Option<&str>| {
            let asked = AskedView { limit, after: after.map(str::to_owned), ..asked.clone() };
            target.app.inspect().views(&tenant, &asked).await
        };
        let show = |session: &mut Session, views: Vec<ListedView>| {
            for view in &views {
                if session.out.is_json() {
                    session.out.value(&Shown::new(view, &fields, session.options.data))?;
                } else {
                    let (version, at) = (view.version.to_string(), view.updated_at.to_string());
                    table.row([view.id.join(" "), version, at, view.view.to_string()]);
                }
            }
            session.out.table(&mut table)
        };
        self.paging.read(session, fetch, show).await?;
        Ok(Ending::Done)
    }

    fn asked(&self) -> AskedView {
        let mut criteria: Vec<_> = self.is.iter().map(|text| Criterion::Is(text.as_str().into())).collect();
        if let Some(begins) = &self.begins {
            criteria.push(Criterion::Begins(begins.clone()));
        } else if self.from.is_some() || self.to.is_some() {
            let end = |text: &Option<String>| text.as_deref().map(Value::from);
            criteria.push(Criterion::Within(end(&self.from), end(&self.to)));
        }
        AskedView {
            projection: self.projection.clone(),
            index: self.index.clone(),
            criteria,
            descending: self.descending,
            ..AskedView::default()
        }
    }
}
