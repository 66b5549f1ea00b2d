use cqrs_core::App;

/// What the command line operates on: an app, and the parts that belong to it but that the app does not know.
///
/// An [`App`] alone is a target, too. The subcommands that need more then say what to add.
///
#[cfg_attr(feature = "dynamo", doc = "```")]
#[cfg_attr(not(feature = "dynamo"), doc = "```ignore")]
/// use cqrs_cli::Target;
/// use cqrs_core::App;
/// use cqrs_dynamo::template::Template;
/// use cqrs_dynamo::{Dynamo, Tables};
///
/// async fn target(dynamo: Dynamo) -> Result<Target, Box<dyn std::error::Error>> {
///     let dynamo = dynamo.with_tables(Tables::with_prefix("bank-"));
///     let app = App::builder(&dynamo).build()?;
///     let template = Template::of(app.wiring()).prefix("bank-");
///     Ok(Target::new(app).dynamo(&dynamo).template(template))
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Target {
    pub(crate) app: App,
    #[cfg(feature = "dynamo")]
    pub(crate) dynamo: Option<cqrs_dynamo::Dynamo>,
    #[cfg(feature = "dynamo")]
    pub(crate) template: Option<cqrs_dynamo::template::Template>,
    #[cfg(feature = "broker")]
    pub(crate) broker: Option<cqrs_dynamo::Broker>,
}

impl Target {
    /// An app.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self {
            app,
            #[cfg(feature = "dynamo")]
            dynamo: None,
            #[cfg(feature = "dynamo")]
            template: None,
            #[cfg(feature = "broker")]
            broker: None,
        }
    }

    /// The DynamoDB of the app, for `tables` and `--spend`.
    #[cfg(feature = "dynamo")]
    #[cfg_attr(docsrs, doc(cfg(feature = "dynamo")))]
    #[must_use]
    pub fn dynamo(mut self, dynamo: &cqrs_dynamo::Dynamo) -> Self {
        self.dynamo = Some(dynamo.clone());
        self
    }

    /// The template that deploys the app, for `template`.
    #[cfg(feature = "dynamo")]
    #[cfg_attr(docsrs, doc(cfg(feature = "dynamo")))]
    #[must_use]
    pub fn template(mut self, template: cqrs_dynamo::template::Template) -> Self {
        self.template = Some(template);
        self
    }

    /// The broker behind the app, for `dead-letters --queues`.
    #[cfg(feature = "broker")]
    #[cfg_attr(docsrs, doc(cfg(feature = "broker")))]
    #[must_use]
    pub fn broker(mut self, broker: &cqrs_dynamo::Broker) -> Self {
        self.broker = Some(broker.clone());
        self
    }
}

impl From<App> for Target {
    fn from(app: App) -> Self {
        Self::new(app)
    }
}
