//! The files of the page, in the binary. Only the files in the table exist: no path leads to a file system.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH};
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::request::Name;

/// One file: its name and its bytes.
type Asset = (&'static str, &'static [u8]);

macro_rules! assets {
    ($($name:literal)*) => { [$(($name, include_bytes!(concat!("../assets/", $name)).as_slice())),*] };
}

const INDEX: &str = "index.html";

/// The files, by their exact names.
static ASSETS: &[Asset] = &assets! {
    "api.js"
    "base.css"
    "causation.js"
    "causes.js"
    "commit.js"
    "criteria.js"
    "dialog.js"
    "dom.js"
    "drawing.js"
    "flow.js"
    "frame.css"
    "frame.js"
    "icon.svg"
    "icons.js"
    "index.html"
    "json.js"
    "keys.js"
    "letters.js"
    "main.js"
    "overview.js"
    "pager.js"
    "parts.css"
    "problem.js"
    "projections.js"
    "route.js"
    "schemas.js"
    "scheme.js"
    "schemes.js"
    "screens.css"
    "screens.js"
    "standing.js"
    "step.js"
    "stream.js"
    "streams.js"
    "tail.js"
    "tenants.js"
    "timers.js"
    "tree.js"
    "views.js"
    "words.js"
};

/// The page.
pub(crate) async fn index(headers: HeaderMap) -> Result<Response, Problem> {
    served(INDEX, &headers)
}

/// A file that the page loads.
pub(crate) async fn asset(Name(name): Name, headers: HeaderMap) -> Result<Response, Problem> {
    served(&name, &headers)
}

fn served(name: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let found = ASSETS.iter().find(|(is, _)| *is == name);
    let (name, bytes) = found.ok_or_else(|| Problem::not_found("there is no such file"))?;
    let tag = tag(bytes);
    let is_known = headers.get(IF_NONE_MATCH).is_some_and(|known| known == tag.as_str());
    let mut response =
        if is_known { StatusCode::NOT_MODIFIED.into_response() } else { (*bytes).into_response() };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind(name)));
    // Another start of the program may have other files at the same address.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    Ok(response)
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

fn tag(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_in_the_table() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        let table: Vec<&str> = ASSETS.iter().map(|(name, _)| *name).collect();
        assert_eq!(table, names, "the table, in the order of the names");
    }

    #[test]
    fn every_file_has_a_type() {
        for (name, _) in ASSETS {
            assert_ne!(kind(name), "application/octet-stream", "{name}");
        }
    }
}
