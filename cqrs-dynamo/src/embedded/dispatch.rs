//! Maps a request of the SDK to an action of the database, and the result back.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::actions::query::{QueryRequest, QueryResponse};
use dynoxide::actions::{
    batch_execute_statement, batch_get_item, batch_write_item, delete_item, describe_time_to_live, get_item,
    get_shard_iterator, list_streams, list_tables, put_item, transact_get_items, transact_write_items,
    update_item, update_table, update_time_to_live,
};
use dynoxide::{AttributeValue, DynoxideError};
use futures_util::FutureExt;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::database::{Database, Inner};
use super::tokens::Transaction;
use super::{described, pages};
use crate::names::partition::POSITIONS;

/// What is answered instead of a result.
enum Refusal {
    Dynoxide(DynoxideError),
    /// The stream no longer holds the requested position.
    Trimmed,
}

impl<E> From<E> for Refusal
where
    DynoxideError: From<E>,
{
    fn from(error: E) -> Self {
        Self::Dynoxide(error.into())
    }
}

const TRIMMED: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TrimmedDataAccessException",
"message":"The operation attempted to read past the oldest stream record in a shard."}"#;

pub(super) fn answer(database: &Database, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    let body = request.body().bytes().unwrap_or_default();
    let (status, body) = match dispatch(database, operation, body) {
        Ok(body) => (200, body),
        Err(Refusal::Dynoxide(error)) => {
            let error = database.explained(error);
            (error.status_code(), error.to_json())
        }
        Err(Refusal::Trimmed) => (400, TRIMMED.to_owned()),
    };
    let status = status.try_into().map_err(|error| ConnectorError::user(Box::new(error)))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}

/// The operations that this crate sends, and others that its users may want.
fn dispatch(database: &Database, operation: &str, body: &[u8]) -> Result<String, Refusal> {
    /// An action that takes only the storage and the request.
    macro_rules! action {
        ($action:ident) => {{
            let request = parsed(body)?;
            let done = now($action::execute(&database.lock().storage, request))?;
            json(&done)
        }};
    }
    let vectors = &database.vectors;
    match operation {
        "PutItem" => action!(put_item),
        "Query" => {
            let done = query(&database.lock(), body)?;
            json(&done)
        }
        "GetItem" => action!(get_item),
        "TransactWriteItems" => transact(database, body),
        "DeleteItem" => action!(delete_item),
        "UpdateItem" => action!(update_item),
        "Scan" => {
            let done = pages::scan(&database.lock().storage, || parsed(body))?;
            json(&done)
        }
        "BatchExecuteStatement" => action!(batch_execute_statement),
        "BatchGetItem" => action!(batch_get_item),
        "BatchWriteItem" => action!(batch_write_item),
        "TransactGetItems" => action!(transact_get_items),
        "GetRecords" => {
            let request = parsed(body)?;
            let done = pages::records(&database.lock().storage, request)?;
            json(&done)
        }
        "GetShardIterator" => shard_iterator(&database.lock(), body),
        "DescribeStream" => {
            let request = parsed(body)?;
            json(&described::stream(&database.lock().storage, request)?)
        }
        "ListStreams" => action!(list_streams),
        "CreateTable" => json(&database.create_table(parsed(body)?)?),
        "DescribeTable" => {
            let request = parsed(body)?;
            json(&described::table(&database.lock().storage, request, vectors)?)
        }
        "UpdateTable" => {
            let request = parsed(body)?;
            json(&now(update_table::execute(&database.lock().storage, request, vectors))?)
        }
        "UpdateTimeToLive" => action!(update_time_to_live),
        "DescribeTimeToLive" => action!(describe_time_to_live),
        "DeleteTable" => json(&database.delete_table(parsed(body)?)?),
        "ListTables" => action!(list_tables),
        other => Err(DynoxideError::UnsupportedCapability(other.to_owned()).into()),
    }
}

/// The result of an action. On SQLite an action never waits.
pub(super) fn now<T>(action: impl Future<Output = Result<T, DynoxideError>>) -> Result<T, DynoxideError> {
    let waits = || DynoxideError::InternalServerError("the embedded database waits for something".to_owned());
    action.now_or_never().ok_or_else(waits)?
}

fn query(Inner { storage, retention, .. }: &Inner, body: &[u8]) -> Result<QueryResponse, DynoxideError> {
    let page = pages::query(storage, || parsed(body))?;
    if page.count == 0 && std::str::from_utf8(body).is_ok_and(|body| body.contains(POSITIONS)) {
        // A subscriber that asks for its positions, and has no positions yet.
        let request: QueryRequest = parsed(body)?;
        for value in request.expression_attribute_values.unwrap_or_default().values() {
            if let AttributeValue::S(pk) = value {
                retention.note_reader(storage, &request.table_name, pk)?;
            }
        }
    }
    Ok(page)
}

fn transact(database: &Database, body: &[u8]) -> Result<String, Refusal> {
    let request = parsed(body)?;
    let transaction = Transaction::of(body);
    let mut inner = database.lock();
    let Inner { storage, tokens, .. } = &mut *inner;
    if let Some(transaction) = &transaction
        && let Some(before) = tokens.find(transaction)?
    {
        return Ok(before);
    }
    let done = json(&now(transact_write_items::execute(storage, request))?)?;
    if let Some(transaction) = transaction {
        tokens.keep(transaction, done.clone());
    }
    Ok(done)
}

fn shard_iterator(Inner { storage, retention, .. }: &Inner, body: &[u8]) -> Result<String, Refusal> {
    let request: GetShardIteratorRequest = parsed(body)?;
    if let (Some(table), Some(after)) = (described::table_of(&request.stream_arn), &request.sequence_number)
        && retention.is_trimmed(storage, table, after)?
    {
        return Err(Refusal::Trimmed);
    }
    json(&now(get_shard_iterator::execute(storage, request))?)
}

fn parsed<Request: DeserializeOwned>(body: &[u8]) -> Result<Request, DynoxideError> {
    serde_json::from_slice(body).map_err(malformed)
}

fn json(response: &impl Serialize) -> Result<String, Refusal> {
    Ok(serde_json::to_string(response).map_err(malformed)?)
}

fn malformed(error: serde_json::Error) -> DynoxideError {
    DynoxideError::SerializationException(error.to_string())
}
