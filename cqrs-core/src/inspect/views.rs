//! Views of a projection, with values in JSON.

use std::ops::Bound;

use serde_json::Value;

use super::error::InspectError;
use super::keys::{encoded, guarded, id, texts};
use super::linked::listed;
use super::page::Page;
use super::value::{field_text, part_text};
use super::view::{AskedView, Criterion, ListedView};
use crate::app::{App, BeginQuery, Cursor, Found, Query};
use crate::key::Tenant;
use crate::projection::{Criterion as Asked, IndexText, Projection, ViewAddress};

/// The default size of a page.
const LIMIT: u32 = 20;

/// The view at a key.
pub(super) async fn one<P: Projection>(
    app: &App,
    tenant: &Tenant,
    given: &[&str],
) -> Result<Option<ListedView>, InspectError> {
    let parts = P::Key::PARTS;
    let id = id(parts, given)?;
    // As the key renders it: `7` may be `007` for its field.
    let id = guarded(given, parts, || P::Key::from_view_id(tenant.clone(), &id)?.view_id())?;
    let mut query = begin::<P>(app, tenant);
    for part in id.split('#') {
        query = query.part_text(Asked::Is(part.to_owned()));
    }
    let found = query.run().await?;
    found.views.into_iter().next().map(shown).transpose()
}

/// A page of the views of a tenant.
pub(super) async fn page<P: Projection>(
    app: &App,
    tenant: &Tenant,
    asked: &AskedView,
) -> Result<Page<ListedView>, InspectError> {
    let query = begin::<P>(app, tenant);
    let mut query = match &asked.index {
        Some(index) => by_index(query, index, &asked.criteria)?,
        None => by_key(query, tenant, &asked.criteria)?,
    };
    query = query.limit(if asked.limit == 0 { LIMIT } else { asked.limit });
    if asked.descending {
        query = query.descending();
    }
    if let Some(after) = &asked.after {
        let after: Cursor = after.parse().map_err(|_| InspectError::cursor(after))?;
        query = query.after(after);
    }
    let found = query.run().await?;
    let next = found.next.map(|next| next.to_string());
    let read_commits = found.views.len() as u64;
    let items = found.views.into_iter().map(shown).collect::<Result<_, _>>()?;
    Ok(Page { items, next, read_commits })
}

fn begin<'a, P: Projection>(app: &'a App, tenant: &'a Tenant) -> Query<'a, P> {
    <Query<'a, P> as BeginQuery<'a, P>>::begin(app, tenant)
}

fn by_index<'a, P: Projection>(
    query: Query<'a, P>,
    name: &str,
    criteria: &[Criterion],
) -> Result<Query<'a, P>, InspectError> {
    let found = P::INDEXES.iter().enumerate().find(|(_, index)| index.name == name);
    let (at, index) = found.ok_or_else(|| InspectError::UnknownIndex {
        projection: P::NAME,
        index: name.to_owned(),
        known: listed(P::INDEXES.iter().map(|index| index.name)),
    })?;
    let fields: Vec<_> = index.columns.iter().map(|column| column.name).collect();
    check(&fields, criteria)?;
    let (Some((Criterion::Is(first), criteria)), Some((column, columns))) =
        (criteria.split_first(), index.columns.split_first())
    else {
        let field = fields.first().copied().unwrap_or_default();
        return Err(refused(field, "asked for", "an index needs one value of its first field"));
    };
    let mut query = query.by_text(at, field_text(column, first)?);
    for (criterion, column) in criteria.iter().zip(columns) {
        let text = |value: &Value| field_text(column, value);
        query = query.field_text(match criterion {
            Criterion::Is(value) => Asked::Is(text(value)?),
            Criterion::Within(from, to) => {
                Asked::Within(bound(from.as_ref(), text)?, bound(to.as_ref(), text)?)
            }
            Criterion::Begins(beginning) if column.is_text() => {
                Asked::Begins(IndexText::of_beginning(beginning))
            }
            Criterion::Begins(_) => {
                let reason = "it is not a text, so it has no prefix; ask for a value or a range";
                return Err(refused(column.name, "asked for a beginning", reason));
            }
        });
    }
    Ok(query)
}

fn by_key<'a, P: Projection>(
    mut query: Query<'a, P>,
    tenant: &Tenant,
    criteria: &[Criterion],
) -> Result<Query<'a, P>, InspectError> {
    let parts = P::Key::PARTS;
    check(parts, criteria)?;
    let mut before: Vec<String> = Vec::new();
    for (criterion, (index, name)) in criteria.iter().zip(parts.iter().enumerate()) {
        let is_last = index + 1 == parts.len();
        let text = |value: &Value| part_text::<P::Key>(tenant, &before, name, value);
        let asked = match criterion {
            Criterion::Is(value) => Asked::Is(text(value)?),
            _ if !is_last => {
                return Err(refused(name, "asked for a range", "only the last field of a key is"));
            }
            Criterion::Within(from, to) => {
                let ordered = |value: &Value| {
                    let text = text(value)?;
                    // A number is rendered without leading zeros, so 10 comes before 9. A field that takes any text is
                    // a text.
                    part_text::<P::Key>(tenant, &before, name, &format!("{text}~").into()).map_err(|_| {
                        refused(
                            name,
                            "asked for a range",
                            "its values are not in order in a key; declare an index",
                        )
                    })?;
                    Ok(text)
                };
                Asked::Within(bound(from.as_ref(), ordered)?, bound(to.as_ref(), ordered)?)
            }
            Criterion::Begins(beginning) => Asked::Begins(encoded(beginning)),
        };
        if let Asked::Is(text) = &asked {
            before.push(text.clone());
        }
        query = query.part_text(asked);
    }
    Ok(query)
}

/// A range is the last condition, and there are not more conditions than fields.
fn check(fields: &[&str], criteria: &[Criterion]) -> Result<(), InspectError> {
    if criteria.len() > fields.len() {
        let given = format!("asked for {} values", criteria.len());
        return Err(refused(&fields.join(", "), &given, &format!("there are {} fields", fields.len())));
    }
    let ranges = criteria.iter().zip(fields).filter(|(one, _)| !matches!(one, Criterion::Is(_)));
    match ranges.map(|(_, field)| field).next() {
        Some(field) if !matches!(criteria.split_last(), Some((_, before)) if before.iter().all(|one| matches!(one, Criterion::Is(_)))) => {
            Err(refused(field, "asked for a range", "no further field can be asked for after a range"))
        }
        _ => Ok(()),
    }
}

fn bound(
    value: Option<&Value>,
    text: impl Fn(&Value) -> Result<String, InspectError>,
) -> Result<Bound<String>, InspectError> {
    value.map_or(Ok(Bound::Unbounded), |value| text(value).map(Bound::Included))
}

pub(super) fn refused(field: &str, value: &str, reason: &str) -> InspectError {
    InspectError::Value { field: field.to_owned(), value: value.to_owned(), reason: reason.to_owned() }
}

fn shown<P: Projection>(found: Found<P>) -> Result<ListedView, InspectError> {
    let id = texts(&found.key.view_id()?);
    let view = serde_json::to_value(&found.view).map_err(|error| InspectError::Unshown {
        projection: P::NAME,
        id: id.join("#"),
        source: error,
    })?;
    Ok(ListedView { id, view, version: found.version, updated_at: found.updated_at })
}
