use std::borrow::Cow;
use std::error::Error;
use std::pin::pin;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::scan::ScanOutput;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::table::key;
use crate::table::replies::{Replies, block_on};

/// The result of an answer: the answer without its items, and the items in one form; or the error.
type Read<O> = Result<(O, Vec<(Value, usize)>), String>;

/// Which of several parts of an attribute is named depends on the order in the SDK's maps.
fn item(row: Row<'_>) -> (Value, usize) {
    let (record, others) = row.into_readable();
    (Value::Object(record), others.len())
}

fn told(error: StoreError) -> String {
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        told.push_str(&format!(": {error}"));
        source = error.source();
    }
    told
}

/// Reads one body as the answer of each operation.
fn all(body: &str, sdk_bodies: bool) -> (Read<QueryOutput>, Read<ScanOutput>, Read<GetItemOutput>) {
    let table = Replies::of([(200, body.to_owned())]).table(sdk_bodies);
    block_on(async {
        let query = table.client.query().table_name("table").key_condition_expression("pk = :pk");
        let scan = table.client.scan().table_name("table");
        let get = table.client.get_item().table_name("table").set_key(Some(key("p", "s")));
        (
            table.read(pin!(query.send()), item).await.map_err(told),
            table.read(pin!(scan.send()), item).await.map_err(told),
            table.read(pin!(get.send()), item).await.map_err(told),
        )
    })
}

fn text() -> impl Strategy<Value = String> {
    let escaped = |text: String| {
        let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        format!("\"{units}\"")
    };
    prop_oneof![
        4 => ".{0,12}".prop_map(|text| json!(text).to_string()),
        1 => ".{0,6}".prop_map(escaped),
        1 => prop::sample::select(vec![r#""\ud800""#, r#""\/""#, "\"\u{1}\"", r#""\x""#, "7", "null"])
            .prop_map(str::to_owned),
    ]
}

fn name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec!["pk", "sk", "version", "data", "type", "S", "__type"]);
    prop_oneof![3 => known.prop_map(|name| format!("\"{name}\"")), 1 => text()]
}

fn number() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec!["", "abc", "1E+2", "-0", "1e400", " 1", "0x1", "1.10", "NaN"]);
    prop_oneof![
        any::<u64>().prop_map(|number| number.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        "[1-9][0-9]{20,37}",
        odd.prop_map(str::to_owned),
    ]
}

fn object(fields: Vec<(String, String)>) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name} :{value}")).collect();
    format!("{{{}}}", fields.join(", "))
}

fn attribute() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        r#"{"B":"eA=="}"#,
        r#"{"SS":["a","b"]}"#,
        r#"{"NS":["1"]}"#,
        r#"{"BS":["eA=="]}"#,
        r#"{"NULL":false}"#,
        r#"{"NULL":null}"#,
        r#"{"X":[1,{}]}"#,
        r#"{"S":"a","N":"1"}"#,
        r#"{"S":"a","X":null}"#,
        r#"{"__type":"x","S":"a"}"#,
        r#"{"\u0053":"a"}"#,
        r#"{"N":1}"#,
        "{}",
        "null",
        "1",
    ]);
    let leaf = prop_oneof![
        8 => text().prop_map(|text| format!(r#"{{"S":{text}}}"#)),
        8 => number().prop_map(|number| format!(r#"{{ "N":"{number}"}}"#)),
        2 => any::<bool>().prop_map(|flag| format!(r#"{{"BOOL":{flag}}}"#)),
        2 => Just(r#"{"NULL":true}"#.to_owned()),
        1 => odd.prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4);
        let map = prop::collection::vec((name(), inner), 0..4);
        prop_oneof![
            list.prop_map(|values| format!(r#"{{"L":[{}]}}"#, values.join(","))),
            map.prop_map(|fields| format!(r#"{{"M":{}}}"#, object(fields))),
        ]
    })
}

fn row() -> impl Strategy<Value = String> {
    prop::collection::vec((name(), attribute()), 0..5).prop_map(object)
}

fn body() -> impl Strategy<Value = String> {
    let items = prop::collection::vec(row(), 0..4).prop_map(|items| format!("[{}]", items.join(" ,")));
    let field = prop_oneof![
        6 => items.prop_map(|items| ("\"Items\"".to_owned(), items)),
        4 => row().prop_map(|item| ("\"Item\"".to_owned(), item)),
        2 => (0..9_u8).prop_map(|count| ("\"Count\"".to_owned(), count.to_string())),
        2 => row().prop_map(|key| ("\"LastEvaluatedKey\"".to_owned(), key)),
        2 => (0..9_u8).prop_map(|units| {
            let units = f64::from(units) / 2.0;
            ("\"ConsumedCapacity\"".to_owned(), format!(r#"{{"TableName":"table","CapacityUnits":{units:?}}}"#))
        }),
        1 => (name(), text()),
        1 => Just(("\"Items\"".to_owned(), "null".to_owned())),
    ];
    let whole = prop::collection::vec(field, 0..5).prop_map(object);
    (whole, any::<prop::sample::Index>(), 0..12_u8).prop_map(|(mut body, place, damage)| {
        let at = body.floor_char_boundary(place.index(body.len()));
        match damage {
            0 => body.truncate(at),
            1 => body.insert(at, '"'),
            2 => body.push('x'),
            _ => {}
        }
        body
    })
}

proptest! {
    #[test]
    fn an_answer_says_the_same_as_the_sdk_says(body in body()) {
        prop_assert_eq!(all(&body, false), all(&body, true), "{}", body);
    }
}

/// An item, and whether its names still borrow from the answer's body.
fn seen(row: Row<'_>) -> (Value, bool) {
    let direct = row.fields.iter().all(|(name, _)| matches!(name, Cow::Borrowed(_)));
    (item(row).0, direct)
}

fn answer(text: &str) -> (u16, String) {
    let item = json!({ "pk": { "S": text }, "n": { "N": "7" }, "data": { "M": { "list": { "L": [{ "NULL": true }] } } } });
    (200, json!({ "Count": 1, "Items": [item], "ScannedCount": 1 }).to_string())
}

fn made(text: &str) -> Value {
    json!({ "pk": text, "n": 7, "data": { "list": [null] } })
}

#[test]
fn usual_items_are_read_from_the_body_unless_the_sdk_is_to_read_them() {
    for sdk_bodies in [false, true] {
        let table = Replies::of([answer("a")]).table(sdk_bodies);
        let (answer, items) =
            block_on(table.read(pin!(table.client.scan().table_name("table").send()), seen)).unwrap();
        assert_eq!((answer.count, answer.items), (1, None));
        assert_eq!(items, [(made("a"), !sdk_bodies)]);
    }
}

#[test]
fn the_last_of_several_tries_counts() {
    let failed = |text| (500, answer(text).1);
    let table = Replies::of([failed("first"), failed("second"), answer("last")]).table(false);
    let conf = aws_sdk_dynamodb::Config::builder()
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::ZERO));
    let scan = table.client.scan().table_name("table").customize().config_override(conf);
    let (_, items) = block_on(table.read(pin!(scan.send()), seen)).unwrap();
    assert_eq!(items, [(made("last"), true)]);
}

#[test]
fn requests_at_once_in_one_task_have_their_own_answers() {
    let tables = ["a", "b", "c"].map(|text| (Replies::of([answer(text)]).table(false), text));
    let read = tables.iter().map(|(table, text)| async move {
        let (_, items) =
            table.read(pin!(table.client.scan().table_name("table").send()), seen).await.unwrap();
        assert_eq!(items, [(made(text), true)]);
        // No request asked for this one.
        let sdk = table.client.scan().table_name("table").send().await.unwrap();
        assert_eq!(sdk.items().len(), 1);
    });
    block_on(futures_util::future::join_all(read));
}
