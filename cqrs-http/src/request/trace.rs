use axum::http::{HeaderMap, HeaderName};

/// W3C Trace Context.
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The lengths of version, trace id, span id and flags, in hexadecimal digits.
const PARTS: [usize; 4] = [2, 32, 16, 2];

/// The span that the request belongs to. `None` if the header does not follow the standard, which says to continue
/// without it.
pub(crate) fn trace_context(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(&TRACEPARENT)?.to_str().ok()?;
    let is_hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let parts = text.split('-').map(|part| if is_hex(part) { part.len() } else { 0 });
    (parts.eq(PARTS) && !has_invalid(text)).then_some(text)
}

/// Whether it has a value that the standard excludes: the version `ff`, or an id of zeros.
fn has_invalid(text: &str) -> bool {
    let is_zero = |id: &str| id.bytes().all(|digit| digit == b'0');
    text.starts_with("ff-") || text.split('-').skip(1).take(2).any(is_zero)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_what_the_standard_has_is_a_trace_context() {
        let of = |text: &'static str| {
            let headers: HeaderMap =
                [(TRACEPARENT.clone(), HeaderValue::from_static(text))].into_iter().collect();
            trace_context(&headers).is_some()
        };
        assert!(of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        assert!(!of("00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        assert!(!of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"));
        assert!(!of("nonsense"));
        assert!(!of("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        assert!(!of("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
        assert!(!of("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
        assert!(of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"));
    }
}
