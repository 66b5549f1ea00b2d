use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Access;
use crate::context::Context;
use crate::problem::Problem;

/// The answer to a request without the token.
const STRANGER: &str = include_str!("stranger.html");

/// Accepts requests that have shown the token, from a page of the console.
pub(crate) async fn guard(State(context): State<Arc<Context>>, request: Request, next: Next) -> Response {
    let access = &context.access;
    if let Err(problem) = access.check_host(request.uri(), request.headers()) {
        return problem.into_response();
    }
    if *request.method() == Method::GET && access.has_token(request.uri()) {
        return access.welcome();
    }
    if !access.has_cookie(request.headers()) {
        return stranger(request.uri());
    }
    if let Err(problem) = access.check_origin(request.method(), request.headers()) {
        return problem.into_response();
    }
    next.run(request).await
}

impl Access {
    /// Whether it is the URL that the program printed.
    fn has_token(&self, uri: &Uri) -> bool {
        let token = uri.query().and_then(|query| query.strip_prefix("token="));
        uri.path() == "/" && token.is_some_and(|token| self.token.is(token))
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let cookies =
            lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
        // A page of another port may have set a cookie of the same name, so all of them are compared.
        cookies.into_iter().any(|(name, value)| name == self.cookie && self.session.is(value))
    }

    /// The cookie for the token, and an address without it.
    fn welcome(&self) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        response.headers_mut().insert(LOCATION, HeaderValue::from_static("/"));
        if let Ok(cookie) = HeaderValue::from_str(&self.set_cookie()) {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        response
    }
}

fn stranger(uri: &Uri) -> Response {
    if uri.path() == "/" {
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        return (StatusCode::UNAUTHORIZED, [(CONTENT_TYPE, html)], STRANGER).into_response();
    }
    let detail = "the console answers those who have opened the address that the program printed";
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail).into_response()
}
