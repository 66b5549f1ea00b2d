use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::Stream;
use serde::de::DeserializeOwned;
use serde_json::{Deserializer, Value};
use serde_path_to_error::{Path, Segment};

use crate::Problem;

/// A body without fields, which an empty body means.
const NO_FIELDS: &[u8] = b"{}";

/// Reads a body. It fails for a body of more than `limit` bytes, one that takes longer than `time_limit` to arrive, and
/// one that declares a type other than JSON.
pub(crate) async fn read_body(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    time_limit: Duration,
) -> Result<Bytes, Problem> {
    let declared =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|bytes| bytes > limit as u64) {
        return Err(too_large(limit));
    }
    let bytes = match tokio::time::timeout(time_limit, collected(body, limit)).await {
        Ok(bytes) => bytes?,
        Err(_) => {
            return Err(Problem::new(StatusCode::REQUEST_TIMEOUT)
                .detail("the body did not arrive completely in time")
                .header(header::CONNECTION, header::HeaderValue::from_static("close")));
        }
    };
    let is_typed = !bytes.is_empty() || headers.contains_key(header::CONTENT_TYPE);
    if is_typed && !is_json(headers) {
        return Err(unsupported());
    }
    Ok(if bytes.is_empty() { Bytes::from_static(NO_FIELDS) } else { bytes })
}

async fn collected(body: Body, limit: usize) -> Result<Bytes, Problem> {
    let mut stream = body.into_data_stream();
    let mut first = Bytes::new();
    let mut all = Vec::new();
    while let Some(chunk) = std::future::poll_fn(|context| Pin::new(&mut stream).poll_next(context)).await {
        let chunk =
            chunk.map_err(|_| Problem::new(StatusCode::BAD_REQUEST).detail("the body was cut off"))?;
        if first.len() + all.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        // Most bodies come at once, and are not copied.
        match (first.is_empty(), all.is_empty()) {
            (true, true) => first = chunk,
            (_, true) => {
                all.extend_from_slice(&std::mem::take(&mut first));
                all.extend_from_slice(&chunk);
            }
            (_, false) => all.extend_from_slice(&chunk),
        }
    }
    Ok(if all.is_empty() { first } else { all.into() })
}

fn too_large(limit: usize) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE)
        .detail(format!("a body has at most {limit} bytes"))
        .member("limit", limit)
        .header(header::CONNECTION, header::HeaderValue::from_static("close"))
}

fn unsupported() -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE)
        .detail("a command is sent as `application/json`")
        .header(header::ACCEPT, header::HeaderValue::from_static("application/json"))
}

/// `application/json`, or another type that is JSON by its suffix.
fn is_json(headers: &HeaderMap) -> bool {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(kind) = text.and_then(|text| text.split(';').next()).map(str::trim) else { return false };
    if kind.eq_ignore_ascii_case("application/json") {
        return true;
    }
    let Some((general, special)) = kind.split_once('/') else { return false };
    general.eq_ignore_ascii_case("application") && special.to_ascii_lowercase().ends_with("+json")
}

/// The command that a body holds.
pub(crate) fn decoded<C: DeserializeOwned>(bytes: &[u8]) -> Result<C, Problem> {
    // Serde would also take the fields without their names.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(wrong_field(&Place::root(), "a command is an object with its fields by name".to_owned()));
    }
    let mut unknown = None;
    let mut reader = Deserializer::from_slice(bytes);
    let read = serde_ignored::deserialize(&mut reader, |path| {
        unknown.get_or_insert_with(|| steps(&path));
    });
    // The place of a wrong field is determined only if there is one.
    let (Ok(command), Ok(())) = (read, reader.end()) else { return Err(wrong::<C>(bytes)) };
    match unknown {
        None => Ok(command),
        Some(steps) => Err(wrong_field(&unknown_place(bytes, &steps), "there is no such field".into())),
    }
}

/// What is wrong with a body, and where.
#[cold]
fn wrong<C: DeserializeOwned>(bytes: &[u8]) -> Problem {
    let mut reader = Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize::<_, C>(&mut reader);
    let (path, error) = match read {
        Ok(_) => match reader.end() {
            Ok(()) => return not_json("it cannot be read".into()),
            Err(error) => return not_json(error.to_string()),
        },
        Err(error) => (error.path().clone(), error.into_inner()),
    };
    if !error.is_data() {
        return not_json(error.to_string());
    }
    let text = error.to_string();
    // The position is of no use to somebody whose program has made the JSON; the path is.
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason).to_owned();
    let mut place = wrong_place(&path);
    if let Some(missing) = reason.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        place.name(missing);
    }
    wrong_field(&place, reason)
}

fn not_json(reason: String) -> Problem {
    Problem::bad_request("not-json", format!("the body is not JSON: {reason}"))
}

/// With the member `errors`, as in the example of RFC 9457.
fn wrong_field(place: &Place, reason: String) -> Problem {
    let Place { path, pointer, .. } = place;
    let detail = if path.is_empty() { reason.clone() } else { format!("`{path}`: {reason}") };
    let error =
        serde_json::json!({ "pointer": pointer, "detail": reason.chars().take(LONGEST).collect::<String>() });
    Problem::bad_request("wrong-field", detail).member("errors", [error])
}

/// A longer reason or place is cut: part of it is what the client has sent.
const LONGEST: usize = 256;

/// A place in a body.
struct Place {
    /// For people: `extras[1].width`.
    path: String,
    /// As JSON Pointer, RFC 6901: `#/extras/1/width`.
    pointer: String,
    /// The path has become too long, and ends at a part that holds the rest.
    is_cut: bool,
}

impl Place {
    fn root() -> Self {
        Self { path: String::new(), pointer: "#".to_owned(), is_cut: false }
    }

    fn name(&mut self, name: &str) {
        let dot = if self.path.is_empty() { "" } else { "." };
        self.push(&format!("{dot}{name}"), &name.replace('~', "~0").replace('/', "~1"));
    }

    fn index(&mut self, index: usize) {
        self.push(&format!("[{index}]"), &index.to_string());
    }

    fn push(&mut self, path: &str, pointer: &str) {
        self.is_cut |= self.pointer.len() + pointer.len() >= LONGEST;
        if !self.is_cut {
            self.path.push_str(path);
            self.pointer.push('/');
            self.pointer.push_str(pointer);
        }
    }
}

/// One step into a body.
enum Step {
    Name(String),
    Index(usize),
}

impl Step {
    fn inside<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        match self {
            Self::Name(name) => value.get(name),
            Self::Index(index) => value.get(index),
        }
    }
}

/// The steps to a field that a command does not have. Options and wrappers are left out, because they do not appear in
/// JSON.
#[cold]
fn steps(mut path: &serde_ignored::Path<'_>) -> Vec<Step> {
    use serde_ignored::Path;
    let mut steps = Vec::new();
    loop {
        path = match path {
            Path::Root => break,
            Path::Seq { parent, index } => {
                steps.push(Step::Index(*index));
                parent
            }
            Path::Map { parent, key } => {
                steps.push(Step::Name(key.clone()));
                parent
            }
            Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
                parent
            }
        };
    }
    steps.reverse();
    steps
}

/// The place of a field that a command does not have. The steps lack the variants of enums: each is the only field of an object.
fn unknown_place(bytes: &[u8], steps: &[Step]) -> Place {
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let (mut place, mut value) = (Place::root(), Some(&body));
    for step in steps {
        let variant = value.filter(|value| step.inside(value).is_none()).and_then(Value::as_object);
        let variant = variant.filter(|fields| fields.len() == 1).and_then(|fields| fields.iter().next());
        if let Some((variant, content)) = variant {
            place.name(variant);
            value = Some(content);
        }
        match step {
            Step::Name(name) => place.name(name),
            Step::Index(index) => place.index(*index),
        }
        value = value.and_then(|value| step.inside(value));
    }
    place
}

/// The place where a body is wrong.
fn wrong_place(path: &Path) -> Place {
    let mut place = Place::root();
    for segment in path {
        match segment {
            Segment::Seq { index } => place.index(*index),
            Segment::Map { key: name } | Segment::Enum { variant: name } => place.name(name),
            Segment::Unknown => place.name("?"),
        }
    }
    place
}
