//! The origin of a request, as far as its headers show it.

use axum::http::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use axum::http::{Method, StatusCode, Uri};

use super::Access;
use crate::problem::Problem;

/// A header that a page of another origin cannot send without asking first, which is never allowed.
const OWN: HeaderName = HeaderName::from_static("x-foldline-console");
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

impl Access {
    /// Refuses a foreign name that resolves to this address: DNS rebinding.
    pub(super) fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
        let mut hosts = headers.get_all(HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().unwrap_or_default().to_ascii_lowercase(),
            _ => String::new(),
        };
        let in_target =
            uri.authority().is_none_or(|authority| authority.as_str().eq_ignore_ascii_case(&host));
        if in_target && self.authorities.contains(&host) {
            return Ok(());
        }
        let detail = "this is not a name of the console; open the address that the program printed";
        Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "host", detail))
    }

    /// Refuses a request that a page of another origin has caused.
    pub(super) fn check_origin(&self, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
        let refused = |detail: &str| Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail));
        let mut said = false;
        for site in headers.get_all(SITE) {
            said = true;
            // A request that the user typed or chose from the bookmarks has no site.
            if site != "same-origin" && site != "none" {
                return refused("a page of another origin has caused this request");
            }
        }
        for origin in headers.get_all(ORIGIN) {
            said = true;
            if !self.is_own(origin.to_str().unwrap_or_default(), headers) {
                return refused("a page of another origin has sent this request");
            }
        }
        if matches!(*method, Method::GET | Method::HEAD) {
            return Ok(());
        }
        if !said {
            return refused(
                "the request does not name its origin: it has neither `Origin` nor `Sec-Fetch-Site`",
            );
        }
        if headers.get(OWN).is_none_or(|value| value != "1") {
            return refused("the request lacks the header `x-foldline-console: 1`");
        }
        Ok(())
    }

    /// The origin with the name and port to which the request was sent.
    fn is_own(&self, origin: &str, headers: &HeaderMap) -> bool {
        let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return false };
        let plain = origin.strip_prefix("http://");
        let secure = origin.strip_prefix("https://").filter(|_| self.is_exposed);
        plain.or(secure).is_some_and(|authority| authority.eq_ignore_ascii_case(host))
    }
}
