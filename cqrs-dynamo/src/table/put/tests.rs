use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::table::replies::{Replies, block_on};
use crate::table::{Condition, ItemWrite, Written, direct};

/// A request: its body, and its headers except those that differ between requests.
fn sent(request: &HttpRequest) -> (BTreeMap<String, String>, Value) {
    let body = request.body().bytes().unwrap();
    let mut headers: BTreeMap<String, String> =
        request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    for name in ["amz-sdk-invocation-id", "x-amz-date"] {
        assert!(headers.remove(name).is_some(), "{name} is missing");
    }
    let signed = headers.remove("authorization").unwrap();
    let signed = signed.split_once("SignedHeaders=").and_then(|(_, rest)| rest.split_once(','));
    headers.insert("signed".to_owned(), signed.unwrap().0.to_owned());
    assert_eq!(headers.remove("content-length"), Some(body.len().to_string()));
    (headers, serde_json::from_slice(body).unwrap())
}

fn put(record: &Record, condition: fn() -> Condition, sdk_bodies: bool) -> (BTreeMap<String, String>, Value) {
    let replies = Replies::of([(200, "{}".to_owned())]);
    let table = replies.table(sdk_bodies);
    let write = || Ok(ItemWrite::put(record.clone(), condition()).returning_item());
    assert!(matches!(block_on(table.write(write)).unwrap(), Written::Done(_)));
    let requests = replies.take_requests();
    assert_eq!(requests.len(), 1);
    sent(&requests[0])
}

fn values() -> impl Strategy<Value = Value> {
    let leaves = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e100..1e100).prop_map(|float: f64| json!(float)),
        ".*".prop_map(Value::from),
    ];
    leaves.prop_recursive(4, 32, 6, |inner| {
        let fields = prop::collection::btree_map(".*", inner.clone(), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::from),
            fields.prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_record_is_sent_as_the_sdk_sends_it(fields in prop::collection::btree_map(".*", values(), 0..6), absent: bool) {
        let record: Record = fields.into_iter().collect();
        let condition = if absent {
            Condition::absent
        } else {
            || Condition::of("version < :version").values([(":version", AttributeValue::N("7".to_owned()))])
        };
        prop_assert_eq!(put(&record, condition, false), put(&record, condition, true));
    }
}

fn record() -> Record {
    [("pk".to_owned(), "A".into()), ("sk".to_owned(), "B".into())].into_iter().collect()
}

#[test]
fn a_record_stands_first_in_the_body_unless_the_sdk_is_to_write_it() {
    for sdk_bodies in [false, true] {
        let replies = Replies::of([(200, "{}".to_owned())]);
        let table = replies.table(sdk_bodies);
        block_on(table.put(record())).unwrap();
        let requests = replies.take_requests();
        let body = str::from_utf8(requests[0].body().bytes().unwrap()).unwrap();
        let direct = body.starts_with(r#"{"Item":{"pk":{"S":"A"},"sk":{"S":"B"}},"TableName":"table","#);
        assert_eq!(direct, !sdk_bodies, "{body}");
    }
}

#[test]
fn another_try_sends_the_same() {
    let failed = || (500, "{}".to_owned());
    let replies = Replies::of([failed(), failed(), (200, "{}".to_owned())]);
    let table = replies.table(false);
    let conf = aws_sdk_dynamodb::Config::builder()
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::ZERO));
    let writer = Writer::new(SDK.as_ref().unwrap(), &record()).unwrap();
    let put = table.client.put_item().table_name("table").customize().config_override(conf);
    let writer = Instead::Write(SharedRequestSerializer::new(writer));
    block_on(async { direct::sent(pin!(put.send()), Some(writer)).await }).unwrap();
    let bodies: Vec<Value> = replies.take_requests().iter().map(|request| sent(request).1).collect();
    assert_eq!(
        bodies,
        vec![json!({ "Item": { "pk": { "S": "A" }, "sk": { "S": "B" } }, "TableName": "table" }); 3]
    );
}

/// A release of the SDK that writes another body: this function makes it from today's.
#[derive(Debug)]
struct Other(fn(&[u8]) -> Vec<u8>);

impl SerializeRequest for Other {
    fn serialize_input(&self, input: Input, config: &mut ConfigBag) -> Result<HttpRequest, BoxError> {
        let mut request = SDK.as_ref().unwrap().serialize_input(input, config)?;
        let body = (self.0)(request.body().bytes().unwrap());
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
        Ok(request)
    }
}

/// How another SDK might write a body.
type Rewrite = fn(&[u8]) -> Vec<u8>;

#[test]
fn a_record_is_left_to_an_sdk_that_writes_otherwise() {
    let others: [Rewrite; 5] = [
        |body| [b"\n", body].concat(),
        |body| [b"[", body, b"]"].concat(),
        |body| [b"\xbf", body].concat(),
        // An empty item if there is no item.
        |body| match body.strip_prefix(br#"{"TableName""#) {
            Some(rest) => [br#"{"Item":{},"TableName""#, rest].concat(),
            None => body.to_vec(),
        },
        |body| String::from_utf8(body.to_vec()).unwrap().replace(r#""S":"#, r#""String":"#).into_bytes(),
    ];
    for (number, other) in others.into_iter().enumerate() {
        let sdk = SharedRequestSerializer::new(Other(other));
        let usable = probe::takes_records(&sdk).then_some(sdk);
        let table = Replies::of([(200, "{}".to_owned())]).table(false);
        let (put, instead) = filled(table.client.put_item(), record().into(), usable.as_ref());
        assert!(instead.is_none(), "other body {number}");
        assert_eq!(put.get_item(), &Some(attribute::to_item(record())), "other body {number}");
    }
}

#[test]
fn a_record_is_written_into_what_the_sdk_writes_today() {
    assert!(SDK.is_some());
    let same = SharedRequestSerializer::new(Other(<[u8]>::to_vec));
    assert!(probe::takes_records(&same));
}

/// The SDK reads the item of a refusal.
#[test]
fn a_refusal_brings_the_item() {
    let taken = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed",
        "Item": { "pk": { "S": "A" }, "by": { "S": "another" } },
    });
    let table = Replies::of([(400, taken.to_string())]).table(false);
    let write = || Ok(ItemWrite::insert(record()).returning_item());
    let Written::Refused(refused) = block_on(table.write(write)).unwrap() else {
        panic!("it is not refused")
    };
    let item = refused.into_item().unwrap();
    assert_eq!(item["by"], AttributeValue::S("another".to_owned()));
}
