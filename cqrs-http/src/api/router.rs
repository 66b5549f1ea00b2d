//! From what an API lists to its router and its document.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::routing::MethodRouter;
use serde_json::Value;

use super::{Api, ApiError, Operation, Route, Shared};
use crate::{Caller, Problem, StatusCode, endpoint, openapi};

impl<T, S> Api<T, S>
where
    T: Caller + FromRequestParts<S>,
    S: Clone + Send + Sync + 'static,
{
    /// Serves what another API lists beside what this one lists, below the same root. Each keeps its own callers, its
    /// own limits and its own types of problems.
    ///
    /// ```
    /// # use axum::extract::FromRequestParts;
    /// # use axum::http::request::Parts;
    /// # use cqrs_core::{App, Tenant};
    /// # use cqrs_http::{Api, ApiError, Caller, Problem, axum};
    /// # macro_rules! callers { ($($caller:ident)*) => { $(
    /// #     struct $caller(Tenant);
    /// #     impl<S: Sync> FromRequestParts<S> for $caller {
    /// #         type Rejection = Problem;
    /// #         async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Problem> {
    /// #             Err(Problem::unauthorized("no valid token"))
    /// #         }
    /// #     }
    /// #     impl Caller for $caller {
    /// #         fn tenant(&self) -> &Tenant { &self.0 }
    /// #         fn user(&self) -> Option<&str> { None }
    /// #     }
    /// # )* } }
    /// # callers!(Teller Customer);
    /// # fn example(app: &App) -> Result<axum::Router, ApiError> {
    /// let staff = Api::<Teller>::new(app);        // and what tellers may do
    /// let customers = Api::<Customer>::new(app);  // and what customers may do
    /// staff.merge(customers).router()
    /// # }
    /// ```
    ///
    /// One thing at one path belongs to one of them: with a path of its own, such as `/my/statements/{id}`, it can be in
    /// both. Each API has a [document](Self::openapi) of its own operations, and one of them can [serve](Self::document)
    /// it. What nobody lists is answered with this API's types of problems.
    pub fn merge<U>(mut self, other: Api<U, S>) -> Self
    where
        U: Caller + FromRequestParts<S>,
    {
        let shared = other.shared();
        self.merged.documents.extend(other.served_document(&shared));
        self.merged.routes.extend(other.routes.into_iter().map(|route| (Arc::clone(&shared), route)));
        self.merged.routes.extend(other.merged.routes);
        self.merged.documents.extend(other.merged.documents);
        self.faults.extend(other.faults);
        self
    }

    /// The OpenAPI 3.1 document of the listed operations.
    ///
    /// # Errors
    /// As for [`router`](Self::router).
    pub fn openapi(&self) -> Result<Value, ApiError> {
        self.check()?;
        Ok(openapi::document(&self.about, &self.operations()))
    }

    /// The router: all listed operations, and 404 or 405 for anything else.
    ///
    /// It may be nested in another router, and layers may be put around it. For two APIs below one root, use
    /// [`merge`](Self::merge): routers with answers to anything else cannot be merged.
    ///
    /// # Errors
    /// [`ApiError`] with all faults at once: a path that lacks a field of the key, two things at one path, a field of a query with the
    /// name of another parameter.
    pub fn router(self) -> Result<Router<S>, ApiError> {
        self.check()?;
        let shared = self.shared();
        let document = self.served_document(&shared);
        let types = Arc::clone(&shared.types);
        let mut router = Router::new();
        let routes = self.routes.into_iter().map(|route| (Arc::clone(&shared), route));
        for (shared, Route { operation, mount }) in routes.chain(self.merged.routes) {
            let path = operation.path.for_router();
            router = router.route(&path, mount(shared, operation));
        }
        for serve in document.into_iter().chain(self.merged.documents) {
            router = router.route(openapi::PATH, serve);
        }
        let refuse = |status| {
            let types = Arc::clone(&types);
            move || {
                let types = Arc::clone(&types);
                async move { Problem::new(status).to_response(&types) }
            }
        };
        Ok(router
            .method_not_allowed_fallback(refuse(StatusCode::METHOD_NOT_ALLOWED))
            .fallback(refuse(StatusCode::NOT_FOUND)))
    }

    fn shared(&self) -> Arc<Shared> {
        let types = Arc::from(self.types.as_str());
        Arc::new(Shared { app: self.app.clone(), limits: self.limits, types })
    }

    /// The route of its own document, if it serves one.
    fn served_document(&self, shared: &Arc<Shared>) -> Option<MethodRouter<S>> {
        self.with_document.then(|| {
            let document = openapi::document(&self.about, &self.operations()).to_string();
            endpoint::document::mount::<T, S>(Arc::clone(shared), document)
        })
    }

    /// Its own, without those that are merged into it.
    fn operations(&self) -> Vec<&Operation> {
        self.routes.iter().map(|route| &*route.operation).collect()
    }

    fn check(&self) -> Result<(), ApiError> {
        let mut faults = self.faults.clone();
        let mut seen = BTreeMap::new();
        let documents = usize::from(self.with_document) + self.merged.documents.len();
        if documents > 0 {
            seen.insert(
                (Method::GET.to_string(), openapi::PATH.to_owned()),
                "the OpenAPI document".to_owned(),
            );
        }
        if documents > 1 {
            faults.push(format!(
                "{documents} OpenAPI documents are at `GET {}`; serve one of them there, and what `openapi()` returns for the others on \
                 routes of your own",
                openapi::PATH,
            ));
        }
        let merged = self.merged.routes.iter().map(|(_, route)| &*route.operation);
        for operation in self.operations().into_iter().chain(merged) {
            let place = (operation.method().to_string(), operation.path.for_router());
            if let Some(other) = seen.insert(place, operation.shown()) {
                faults.push(format!(
                    "{other} and {} are both at `{} {}`; give one of them a path of its own, with `…_at`",
                    operation.shown(),
                    operation.method(),
                    operation.path,
                ));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(ApiError::new(faults)) }
    }
}
