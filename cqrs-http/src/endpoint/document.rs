use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequestParts, Request, State};
use axum::routing::{MethodRouter, get};

use super::{json, set_private};
use crate::api::Shared;
use crate::{Access, AccessKind, Caller};

pub(crate) fn mount<T, S>(shared: Arc<Shared>, document: String) -> MethodRouter<S>
where
    T: Caller + FromRequestParts<S>,
    S: Clone + Send + Sync + 'static,
{
    let document = Bytes::from(document);
    get(move |State(state): State<S>, request: Request| {
        let (shared, document) = (Arc::clone(&shared), document.clone());
        async move {
            let (mut parts, _) = request.into_parts();
            let answer = async {
                let caller = shared.caller::<T, S>(&mut parts, &state).await?;
                caller.allow(&Access { kind: AccessKind::Document, name: "OpenAPI", id: None })?;
                let mut response = json(document);
                set_private(&mut response);
                Ok(response)
            };
            shared.answer(answer).await
        }
    })
}
