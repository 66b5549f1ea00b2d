//! The OpenTelemetry side of the spans: reads their context, and puts them into the trace of a commit.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The kind of a span that makes a commit.
pub(crate) const PRODUCER: Option<&str> = Some("producer");
/// The kind of a span that takes commits.
pub(crate) const CONSUMER: Option<&str> = Some("consumer");
/// The status of a span whose work failed.
pub(crate) const FAILED: Option<&str> = Some("error");

/// The `traceparent` of the current span; `None` outside a span, and if no layer makes OpenTelemetry spans.
pub(crate) fn current() -> Option<String> {
    valid(&Span::current().context()).map(|span| write(&span))
}

/// Links a span to the spans that made these commits. A span about a single commit is in that commit's trace.
pub(crate) fn take<'a>(span: &Span, traceparents: impl IntoIterator<Item = Option<&'a str>>) {
    let mut commits = 0;
    let mut last = None;
    for traceparent in traceparents {
        commits += 1;
        if let Some(made) = traceparent.and_then(parse) {
            span.add_link(made.clone());
            last = Some(made);
        }
    }
    if let (1, Some(made)) = (commits, last) {
        adopt(span, made);
    }
}

/// Puts a span that has not begun into the trace of another one, if that context can be parsed.
pub(crate) fn join(span: &Span, traceparent: &str) {
    if let Some(parent) = parse(traceparent) {
        adopt(span, parent);
    }
}

/// The surrounding span would have been the parent: a link keeps the two together.
fn adopt(span: &Span, parent: SpanContext) {
    let around = valid(&Span::current().context());
    if let Some(around) = around.filter(|around| around.span_id() != parent.span_id()) {
        span.add_link(around);
    }
    // It fails if no layer makes an OpenTelemetry span, and then there is nothing to do.
    let _ = span.set_parent(Context::new().with_remote_span_context(parent));
}

fn valid(context: &Context) -> Option<SpanContext> {
    let span = context.span();
    Some(span.span_context().clone()).filter(SpanContext::is_valid)
}

/// W3C Trace Context, "traceparent Header", version 00.
fn write(span: &SpanContext) -> String {
    let sampled = (span.trace_flags() & TraceFlags::SAMPLED).to_u8();
    format!("00-{}-{}-{sampled:02x}", span.trace_id(), span.span_id())
}

/// Reads a `traceparent`; of an unknown version, the part that all versions share.
fn parse(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.split('-');
    let mut hex = |digits: usize| {
        let lower = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
        parts.next().filter(|part| part.len() == digits && part.bytes().all(lower))
    };
    let (version, trace_id, span_id, flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
    if version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let (trace_id, span_id) = (TraceId::from_hex(trace_id).ok()?, SpanId::from_hex(span_id).ok()?);
    Some(SpanContext::new(trace_id, span_id, flags, true, TraceState::NONE)).filter(SpanContext::is_valid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_read_as_it_was_written() {
        for text in [
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
        ] {
            assert_eq!(parse(text).as_ref().map(write).as_deref(), Some(text));
        }
        let newer = parse("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-09-more").unwrap();
        assert_eq!(write(&newer), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    }

    #[test]
    fn what_is_no_traceparent_is_none() {
        for text in [
            "",
            "request-1",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
