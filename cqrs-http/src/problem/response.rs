use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::Problem;

/// The default prefix of the types of problems.
pub(crate) const DEFAULT_TYPES: &str = "/problems/";

/// A longer detail is cut: part of it may be what the client has sent.
const LONGEST_DETAIL: usize = 512;

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.to_response(DEFAULT_TYPES);
        // An API with its own types writes it once more.
        response.extensions_mut().insert(self);
        response
    }
}

impl Problem {
    /// An answer that was made from a problem, with the type of that problem below `types`. Its status and headers may
    /// have been changed since, and stay.
    pub(crate) fn retyped(response: Response, types: &str) -> Response {
        let (mut parts, mut body) = response.into_parts();
        if let Some(mut problem) = parts.extensions.remove::<Self>() {
            problem.0.status = parts.status;
            body = problem.to_body(types);
            // It is that of the body before.
            parts.headers.remove(header::CONTENT_LENGTH);
        }
        Response::from_parts(parts, body)
    }

    fn to_body(&self, types: &str) -> Body {
        Body::from(Value::Object(self.members(types)).to_string())
    }

    /// The answer, with the type below `types`.
    pub(crate) fn to_response(&self, types: &str) -> Response {
        let mut response = Response::new(self.to_body(types));
        *response.status_mut() = self.0.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in &self.0.headers {
            headers.insert(name.clone(), value.clone());
        }
        response
    }

    fn members(&self, types: &str) -> Map<String, Value> {
        let inner = &*self.0;
        let mut members = inner.members.clone();
        let reason = || inner.status.canonical_reason().unwrap_or("Unknown").to_owned();
        let (uri, title) = match inner.kind.as_deref() {
            None => ("about:blank".to_owned(), reason()),
            Some(uri) if uri.contains(':') => (uri.to_owned(), reason()),
            Some(kind) => (format!("{types}{kind}"), spoken(kind)),
        };
        members.insert("type".into(), uri.into());
        members.insert("title".into(), inner.title.as_deref().map_or(title, str::to_owned).into());
        members.insert("status".into(), inner.status.as_u16().into());
        match inner.detail.as_deref() {
            Some(detail) => members.insert("detail".into(), shortened(detail).into()),
            None => members.remove("detail"),
        };
        members
    }
}

/// `too-little` as `Too little`.
fn spoken(kind: &str) -> String {
    let mut characters = kind.chars();
    let mut text: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
    text.extend(characters.map(|character| if character == '-' { ' ' } else { character }));
    text
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_DETAIL) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
