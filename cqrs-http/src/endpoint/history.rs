use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use cqrs_core::{Aggregate, Recorded, StoreError, StoredEvent, Timestamp, Version};
use serde::Serialize;
use serde_json::Value;

use super::{json, set_private, set_text};
use crate::api::{Operation, Shared};
use crate::problem::{internal, wrong_cursor};
use crate::request::Parameters;
use crate::{Caller, Problem, StatusCode};

/// The default number of commits on a page.
const USUAL: u32 = 20;
/// A page ends after the commit with which it reaches this size, in bytes: memory has a limit, and so has a response of
/// Lambda.
const LARGE: usize = 1024 * 1024;

pub(crate) fn mount<T, S, A>(shared: Arc<Shared>, operation: Arc<Operation>) -> MethodRouter<S>
where
    T: Caller + FromRequestParts<S>,
    S: Clone + Send + Sync + 'static,
    A: Aggregate,
{
    get(move |State(state): State<S>, request: Request| {
        let (shared, operation) = (Arc::clone(&shared), Arc::clone(&operation));
        async move {
            let (mut parts, _) = request.into_parts();
            let answer = async {
                let caller = shared.caller::<T, S>(&mut parts, &state).await?;
                Ok(read::<A>(&shared, &operation, &caller, parts).await?)
            };
            shared.answer(answer).await
        }
    })
}

/// A commit as a client sees it. Its ids and its cause stay in the server.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownCommit {
    version: Version,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<String>,
    events: Vec<ShownEvent>,
}

#[derive(Serialize)]
struct ShownEvent {
    #[serde(rename = "type")]
    name: String,
    data: Value,
}

async fn read<A: Aggregate>(
    shared: &Shared,
    operation: &Operation,
    caller: &dyn Caller,
    mut parts: Parts,
) -> Result<Response, Problem> {
    let key = shared.key::<A::Key>(operation, caller, &mut parts).await?;
    let mut parameters = Parameters::of(&parts.uri)?;
    let limit = parameters.limit(USUAL, shared.limits.page)?;
    let after = match parameters.take("after") {
        None => None,
        Some(text) => Some(
            text.parse()
                .ok()
                .map(Version::new)
                .filter(|version| *version < Version::MAX)
                .ok_or_else(wrong_cursor)?,
        ),
    };
    parameters.end(|| "`limit` and `after`".to_owned())?;

    let first = after.unwrap_or(Version::NONE);
    // Versions have no gaps. The commit after the page shows whether there is another page.
    let until = Version::new(first.get().saturating_add(u64::from(limit) + 1)).min(Version::MAX);
    let mut history = shared.app.history_between(&key, first, until);
    let mut page = Page::new(limit);
    while let Some(event) = history.try_next().await.map_err(|error| Problem::from(&error))? {
        if !page.take::<A>(event)? {
            break;
        }
    }
    let (body, next) = page.end()?;
    if after.is_none() && body.is_none() {
        return Err(Problem::new(StatusCode::NOT_FOUND));
    }
    let mut response = json(body.unwrap_or_else(|| b"{\"items\":[]}".to_vec()));
    set_private(&mut response);
    if let Some(next) = next {
        set_text(&mut response, header::LINK, &parameters.next_link(&next.to_string()))?;
    }
    Ok(response)
}

/// The items of a page, written as they come.
struct Page {
    body: Vec<u8>,
    left: u32,
    commit: Option<ShownCommit>,
    /// The last commit of the page, if there is another one after it.
    next: Option<Version>,
}

impl Page {
    fn new(limit: u32) -> Self {
        Self { body: Vec::new(), left: limit, commit: None, next: None }
    }

    /// Takes an event, unless its commit has no room on the page.
    fn take<A: Aggregate>(&mut self, event: Recorded<A::Event>) -> Result<bool, Problem> {
        let encode = |event: &A::Event| {
            let stored = A::encode(event).map_err(|error| Problem::from(&StoreError::from(error)))?;
            let StoredEvent { name, data, .. } = stored;
            Ok::<_, Problem>(ShownEvent { name, data })
        };
        let version = event.version();
        match &mut self.commit {
            Some(commit) if commit.version == version => commit.events.push(encode(event.event())?),
            commit => {
                let before = commit.as_ref().map(|commit| commit.version);
                if before.is_some() {
                    self.write()?;
                }
                if self.left == 0 || self.body.len() >= LARGE {
                    self.next = before;
                    return Ok(false);
                }
                let metadata = event.metadata();
                self.commit = Some(ShownCommit {
                    version,
                    created_at: metadata.created_at,
                    created_by: metadata.created_by.clone(),
                    events: vec![encode(event.event())?],
                });
            }
        }
        Ok(true)
    }

    /// Writes the commit that is complete.
    fn write(&mut self) -> Result<(), Problem> {
        if let Some(commit) = self.commit.take() {
            self.body.extend_from_slice(if self.body.is_empty() { b"{\"items\":[" } else { b"," });
            serde_json::to_writer(&mut self.body, &commit).map_err(|error| internal(&error))?;
            self.left = self.left.saturating_sub(1);
        }
        Ok(())
    }

    fn end(mut self) -> Result<(Option<Vec<u8>>, Option<Version>), Problem> {
        self.write()?;
        if self.body.is_empty() {
            return Ok((None, None));
        }
        self.body.push(b']');
        if let Some(next) = self.next {
            self.body.extend_from_slice(format!(",\"next\":\"{next}\"").as_bytes());
        }
        self.body.push(b'}');
        Ok((Some(self.body), self.next))
    }
}
