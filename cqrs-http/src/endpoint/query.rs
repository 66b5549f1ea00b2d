use std::ops::Bound;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use cqrs_core::app::{BeginQuery, Found, Page, Query, QueryError, UnfitText};
use cqrs_core::projection::{Criterion, Index, Projection, ViewAddress};
use cqrs_core::{KeyPart, Timestamp, Version};
use serde::Serialize;
use serde_json::{Map, Value};

use super::view::applied;
use super::{json, set_private, set_text};
use crate::api::{Operation, Shared};
use crate::names::camel;
use crate::problem::internal;
use crate::request::{Awaited, Parameters, awaited, wrong_parameter};
use crate::{Access, Caller, Problem};

/// The default number of views on a page.
const USUAL: u32 = 20;

pub(crate) fn mount<T, S, V>(shared: Arc<Shared>, operation: Arc<Operation>) -> MethodRouter<S>
where
    T: Caller + FromRequestParts<S>,
    S: Clone + Send + Sync + 'static,
    V: Projection,
{
    get(move |State(state): State<S>, request: Request| {
        let (shared, operation) = (Arc::clone(&shared), Arc::clone(&operation));
        async move {
            let (mut parts, _) = request.into_parts();
            let answer = async {
                let caller = shared.caller::<T, S>(&mut parts, &state).await?;
                Ok(read::<V>(&shared, &operation, &caller, &parts).await?)
            };
            shared.answer(answer).await
        }
    })
}

async fn read<V: Projection>(
    shared: &Shared,
    operation: &Operation,
    caller: &dyn Caller,
    parts: &Parts,
) -> Result<Response, Problem> {
    caller.allow(&Access { kind: operation.kind(), name: operation.name, id: None })?;
    let mut parameters = Parameters::of(&parts.uri)?;
    let awaited = awaited(&parts.headers, shared.app.settings().read_wait, shared.limits.wait)?;
    let query = Query::<V>::begin(&shared.app, caller.tenant());
    let mut query = asked(query, &mut parameters)?;
    query = query.limit(parameters.limit(USUAL, shared.limits.page)?).after(parameters.cursor()?);
    match parameters.take("order") {
        None | Some("asc") => {}
        Some("desc") => query = query.descending(),
        Some(_) => return Err(wrong_parameter("order", "it is `asc` or `desc`")),
    }
    parameters.end(known::<V>)?;
    if let Some(Awaited { token, within, .. }) = &awaited {
        query = query.at_least(token).within(*within);
    }
    let page = query.run().await.map_err(|error| problem(&error))?;

    let Page { views, next, .. } = page;
    let items = views.into_iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    let next = next.map(|next| next.to_string());
    let body = serde_json::to_vec(&ShownPage { items, next: next.as_deref() });
    let mut response = json(body.map_err(|error| internal(&error))?);
    set_private(&mut response);
    applied(&mut response, awaited.as_ref())?;
    if let Some(next) = next {
        set_text(&mut response, header::LINK, &parameters.next_link(&next))?;
    }
    Ok(response)
}

#[derive(Serialize)]
struct ShownPage<'a, V> {
    items: Vec<ShownView<V>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownView<V> {
    key: Map<String, Value>,
    version: Version,
    updated_at: Timestamp,
    view: V,
}

fn shown<V: Projection>(found: Found<V>) -> Result<ShownView<V>, Problem> {
    let id = found.key.view_id().map_err(|error| internal(&error))?;
    let texts = id.split('#').map(|part| String::parse_part(part).unwrap_or_else(|| part.to_owned()));
    let key = V::Key::PARTS.iter().zip(texts).map(|(field, text)| (camel(field), text.into())).collect();
    Ok(ShownView { key, version: found.version, updated_at: found.updated_at, view: found.view })
}

/// The query with the conditions that the parameters set on its fields.
fn asked<'a, V: Projection>(
    query: Query<'a, V>,
    parameters: &mut Parameters<'_>,
) -> Result<Query<'a, V>, Problem> {
    let Some(by) = parameters.take("by").map(str::to_owned) else { return by_key(query, parameters) };
    let index = V::INDEXES.iter().enumerate().find(|(_, index)| index.name() == by);
    let Some((at, index)) = index else {
        let names: Vec<_> = V::INDEXES.iter().map(|index| format!("`{}`", index.name())).collect();
        let reason = match names.is_empty() {
            true => "these views have no index".to_owned(),
            false => format!("the indexes are {}", names.join(", ")),
        };
        return Err(wrong_parameter("by", &reason));
    };
    let mut asked = Vec::new();
    for (at, field) in index.fields().map(camel).enumerate() {
        match criterion(&field, parameters)? {
            Some(value @ Criterion::Is(_)) => asked.push(value),
            Some(range) if at > 0 => {
                asked.push(range);
                break;
            }
            _ if at == 0 => return Err(wrong_parameter(&field, &format!("`{by}` needs one value of it"))),
            _ => break,
        }
    }
    query.by_texts(at, asked).map_err(unfit)
}

/// The query by the fields of the key, the last of which may be given as a prefix.
fn by_key<'a, V: Projection>(
    query: Query<'a, V>,
    parameters: &mut Parameters<'_>,
) -> Result<Query<'a, V>, Problem> {
    let mut asked = Vec::new();
    for field in V::Key::PARTS.iter().map(|field| camel(field)) {
        let Some(criterion) = criterion(&field, parameters)? else { break };
        let is_value = matches!(criterion, Criterion::Is(_));
        asked.push(criterion);
        if !is_value {
            break;
        }
    }
    query.by_key_texts(asked).map_err(unfit)
}

fn unfit(UnfitText { field, reason }: UnfitText) -> Problem {
    wrong_parameter(&camel(field), &reason)
}

/// The condition on a field.
fn criterion(field: &str, parameters: &mut Parameters<'_>) -> Result<Option<Criterion<String>>, Problem> {
    let mut take = |suffix: &str| parameters.take(&format!("{field}{suffix}")).map(str::to_owned);
    let (is, from, to, prefix) = (take(""), take(".from"), take(".to"), take(".prefix"));
    Ok(match (is, from, to, prefix) {
        (None, None, None, None) => None,
        (Some(value), None, None, None) => Some(Criterion::Is(value)),
        (None, None, None, Some(beginning)) => Some(Criterion::Begins(beginning)),
        (None, from, to, None) => {
            let from = from.map_or(Bound::Unbounded, Bound::Included);
            Some(Criterion::Within(from, to.map_or(Bound::Unbounded, Bound::Excluded)))
        }
        _ => return Err(wrong_parameter(field, "it takes a value, a range or a prefix")),
    })
}

/// The existing parameters.
fn known<V: Projection>() -> String {
    let fields = V::INDEXES.iter().flat_map(Index::fields);
    let mut names: Vec<_> =
        fields.chain(V::Key::PARTS.iter().copied()).map(|field| format!("`{}`", camel(field))).collect();
    names.sort();
    names.dedup();
    format!("`by`, `order`, `limit`, `after`, and fields one after another: {}", names.join(", "))
}

/// A view that cannot be read does not hide those after it.
fn problem(error: &QueryError) -> Problem {
    let problem = Problem::from(error);
    match error {
        QueryError::Unreadable { next, .. } => problem.member("next", next),
        _ => problem,
    }
}
