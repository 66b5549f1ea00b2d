use clap::Args;

use crate::failure::{Ending, Failure};
use crate::session::Session;

/// Print the template that deploys the app: a SAM template, as JSON
#[derive(Debug, Args)]
pub struct Template {}

impl Template {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let Some(template) = &target.template else {
            return Err(Failure::usage(
                "`template` needs to know what is deployed: add \
                 `.template(Template::of(app.wiring()).prefix(\"…\"))` to the `Target`",
            ));
        };
        if session.out.is_json() {
            session.out.value(&template.render()?)?;
        } else {
            session.out.document(&template.to_json()?)?;
        }
        Ok(Ending::Done)
    }
}
