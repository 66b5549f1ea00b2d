//! Writes with a condition each, many in one request: PartiQL statements.
//!
//! `BatchWriteItem` takes no conditions, and a transaction costs twice as much. A statement costs as much as a `PutItem`, and a
//! refused one does not stop the others (Amazon DynamoDB API Reference, "BatchExecuteStatement").

use std::collections::HashMap;
use std::fmt::Write as _;

use aws_sdk_dynamodb::types::{
    AttributeValue, BatchStatementErrorCodeEnum as Code, BatchStatementRequest, BatchStatementResponse,
    ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure as OnFailure,
};
use cqrs_core::StoreError;
use cqrs_core::store::record::Record;

use super::{Table, attribute, refused};

/// The most statements in one request (Amazon DynamoDB API Reference, "BatchExecuteStatement").
pub(crate) const STATEMENTS_AT_ONCE: usize = 25;

/// A write of one item.
pub(crate) struct Statement {
    text: String,
    parameters: Vec<AttributeValue>,
}

/// The result of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Executed {
    Done,
    /// There is an item that must not exist, or for which the condition does not hold.
    Refused,
    /// The item does not exist, as far as the answer says.
    Absent,
    /// Nothing was decided: send the write alone, which shows why.
    Undecided,
    /// The same, and a statement would fail again: the caller has no right to it, or the endpoint does not understand it.
    Barred,
}

impl Statement {
    /// Puts an item if none exists.
    pub(crate) fn insert(table: &str, record: Record) -> Self {
        let mut text = format!("INSERT INTO \"{table}\" VALUE {{");
        let mut parameters = Vec::with_capacity(record.len());
        for (name, value) in record {
            let comma = if parameters.is_empty() { "" } else { ", " };
            // Writing to a `String` does not fail.
            let _ = write!(text, "{comma}'{name}': ?");
            parameters.push(attribute::to_attribute(value));
        }
        text.push('}');
        Self { text, parameters }
    }

    /// Sets these attributes of an existing item, and removes others, under a condition in PartiQL.
    pub(crate) fn update<'a>(
        table: &str,
        record: Record,
        removed: impl IntoIterator<Item = &'a str>,
        condition: &str,
        values: impl IntoIterator<Item = AttributeValue>,
    ) -> Self {
        let mut text = format!("UPDATE \"{table}\"");
        let (mut parameters, mut key) = (Vec::with_capacity(record.len() + 2), HashMap::new());
        for (name, value) in record {
            if name == "pk" || name == "sk" {
                key.insert(name, attribute::to_attribute(value));
                continue;
            }
            let _ = write!(text, " SET \"{name}\"=?");
            parameters.push(attribute::to_attribute(value));
        }
        for name in removed {
            let _ = write!(text, " REMOVE \"{name}\"");
        }
        let _ = write!(text, " WHERE \"pk\"=? AND \"sk\"=? AND {condition}");
        parameters.extend(["pk", "sk"].into_iter().filter_map(|name| key.remove(name)));
        parameters.extend(values);
        Self { text, parameters }
    }
}

impl Table {
    /// Executes up to [`STATEMENTS_AT_ONCE`] statements, each independently. All must be about different items.
    pub(crate) async fn execute_all(&self, statements: Vec<Statement>) -> Result<Vec<Executed>, StoreError> {
        let count = statements.len();
        let requests = statements.into_iter().map(|Statement { text, parameters }| {
            BatchStatementRequest::builder()
                .statement(text)
                .set_parameters(Some(parameters))
                .return_values_on_condition_check_failure(OnFailure::AllOld)
                .build()
        });
        let requests = requests.collect::<Result<Vec<_>, _>>().map_err(|error| refused(error.to_string()))?;
        let batch = self
            .client
            .batch_execute_statement()
            .set_statements(Some(requests))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = batch.send().await.map_err(|error| self.error(error))?;
        let executed: Vec<_> = answer.responses.unwrap_or_default().iter().map(executed).collect();
        // An answer with another number of responses says nothing about these statements.
        Ok(if executed.len() == count { executed } else { vec![Executed::Undecided; count] })
    }
}

fn executed(answer: &BatchStatementResponse) -> Executed {
    let Some(error) = answer.error() else { return Executed::Done };
    match error.code() {
        Some(Code::DuplicateItem) => Executed::Refused,
        Some(Code::ConditionalCheckFailed) if error.item().is_some() => Executed::Refused,
        Some(Code::ConditionalCheckFailed) => Executed::Absent,
        Some(Code::AccessDenied | Code::ValidationError) => Executed::Barred,
        _ => Executed::Undecided,
    }
}
