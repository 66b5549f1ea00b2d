use axum::http::Method;
use cqrs_core::schema::Shape;

use super::Path;
use crate::AccessKind;
use crate::names::{camel, kebab, plural};

/// One thing that was listed, with its route.
#[derive(Debug)]
pub(crate) struct Operation {
    /// The name of the command, the projection or the aggregate.
    pub(crate) name: &'static str,
    /// The entity of the stream, or the name of the view in its keys.
    pub(crate) entity: &'static str,
    pub(crate) path: Path,
    pub(crate) content: Content,
    /// Each field of the key, with its name in the router.
    fields: Vec<(&'static str, String)>,
}

/// The call that lists something.
pub(crate) struct Listing {
    pub(crate) entity: &'static str,
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [&'static str],
    pub(crate) content: Content,
}

/// The type that a route takes or returns.
#[derive(Debug)]
pub(crate) enum Content {
    Command {
        shape: Shape,
    },
    View {
        shape: Shape,
    },
    Query {
        shape: Shape,
        key: &'static [&'static str],
        indexes: Vec<ListedIndex>,
    },
    /// The events by their stored types.
    History {
        events: Vec<(&'static str, Option<Shape>)>,
    },
}

/// An index of a projection.
#[derive(Debug)]
pub(crate) struct ListedIndex {
    pub(crate) name: &'static str,
    pub(crate) fields: Vec<&'static str>,
    /// Those of the fields that are texts.
    pub(crate) texts: Vec<&'static str>,
}

/// The parameters of a list that are not fields.
const RESERVED: [&str; 4] = ["by", "order", "limit", "after"];

impl Operation {
    pub(super) fn of(listing: Listing, path: Option<&str>) -> Result<Self, String> {
        let Listing { entity, name, fields, content } = listing;
        let path = match path {
            Some(path) => Path::parse(path, fields)
                .map_err(|reason| format!("the path `{path}` of `{name}`: {reason}"))?,
            None => usual_path(entity, name, fields, &content)?,
        };
        check_parameters(name, &content)?;
        let of_field = |(at, field): (usize, &&'static str)| Some((*field, path.parameter_of(at)?));
        let fields = fields.iter().enumerate().filter_map(of_field).collect();
        Ok(Self { name, entity, path, content, fields })
    }

    /// Each field of the key, with its name in the router.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.fields.iter().map(|(field, segment)| (*field, segment.as_str()))
    }

    pub(crate) fn kind(&self) -> AccessKind {
        match self.content {
            Content::Command { .. } => AccessKind::Command,
            Content::View { .. } => AccessKind::View,
            Content::Query { .. } => AccessKind::Query,
            Content::History { .. } => AccessKind::History,
        }
    }

    pub(crate) fn method(&self) -> Method {
        match self.content {
            Content::Command { .. } => Method::POST,
            _ => Method::GET,
        }
    }

    /// The text for it in a fault.
    pub(super) fn shown(&self) -> String {
        let what = match self.content {
            Content::Command { .. } => "command",
            Content::View { .. } => "the views of",
            Content::Query { .. } => "the queries of",
            Content::History { .. } => "the history of",
        };
        format!("{what} `{}`", self.name)
    }
}

/// Refuses a field with the name of a parameter that every list has, because it could not be queried.
fn check_parameters(name: &str, content: &Content) -> Result<(), String> {
    let Content::Query { key, indexes, .. } = content else { return Ok(()) };
    let fields = key.iter().chain(indexes.iter().flat_map(|index| &index.fields));
    match fields.map(|field| camel(field)).find(|field| RESERVED.contains(&field.as_str())) {
        None => Ok(()),
        Some(field) => Err(format!(
            "the queries of `{name}` cannot filter by the field `{field}`: every list has a parameter of that name; \
             rename the field, or leave the query out"
        )),
    }
}

fn usual_path(entity: &str, name: &str, fields: &[&str], content: &Content) -> Result<Path, String> {
    let collection = plural(&kebab(entity));
    let last = match content {
        Content::Command { .. } => Some(kebab(name)),
        Content::History { .. } => Some("history".to_owned()),
        Content::View { .. } | Content::Query { .. } => None,
    };
    if collection.is_empty() || last.as_ref().is_some_and(String::is_empty) {
        return Err(format!(
            "`{name}` has no letters that a path could be made of; give it one, with `…_at`"
        ));
    }
    let fields = if matches!(content, Content::Query { .. }) { &[] } else { fields };
    Ok(Path::around(&collection, fields, last.as_deref()))
}
