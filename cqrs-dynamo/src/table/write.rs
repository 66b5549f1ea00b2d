//! Conditional writes: how they are sent, what DynamoDB's answer means, and when they are sent again.

use std::collections::HashMap;
use std::error::Error;
use std::pin::pin;
use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
#[cfg(feature = "broker")]
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
#[cfg(feature = "broker")]
use aws_sdk_dynamodb::types::ReturnValue;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure as OnFailure,
    TransactWriteItem,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use cqrs_core::StoreError;
use cqrs_core::delivery::RetryPolicy;

use super::condition::{ABSENT, Condition};
use super::put::Content;
use super::{Item, Table, direct, refused};

/// The code of a single write that collided with a transaction on the same item: neither a conflict nor a fault.
pub(super) const CONTENDED: &str = "TransactionConflictException";

/// In a cancelled transaction, the reason of an item whose condition does not hold.
const CONDITION: &str = "ConditionalCheckFailed";

/// After this many attempts a collision is no longer chance.
const CONTENTION: RetryPolicy =
    RetryPolicy { attempts: 6, base: Duration::from_millis(20), cap: Duration::from_millis(500) };

/// A change of one item under a condition.
pub(crate) struct ItemWrite {
    change: Change,
    condition: Option<Condition>,
    /// Whether the answer to a failed condition is to have the item.
    returns_item: bool,
}

enum Change {
    /// Changes nothing, and only checks the condition at the item's key.
    Check(Item),
    Put(Content),
    /// By the item's key.
    Delete(Item),
    /// The item's key, and an update expression.
    #[cfg(feature = "broker")]
    Update(Item, String),
}

/// What DynamoDB has decided.
#[must_use]
pub(crate) enum Written {
    /// It is done. An update returns the item as it is now.
    #[cfg_attr(not(feature = "broker"), expect(dead_code, reason = "only the relay's leases are updates"))]
    Done(Option<Item>),
    /// A condition does not hold.
    Refused(Refused),
}

/// The writes whose conditions do not hold: their indexes, each with the item if it was requested and exists.
#[derive(Debug, Default)]
pub(crate) struct Refused(pub(crate) Vec<(usize, Option<Item>)>);

impl Refused {
    /// The item of a single write.
    pub(crate) fn into_item(self) -> Option<Item> {
        self.0.into_iter().find_map(|(_, item)| item)
    }
}

impl ItemWrite {
    /// Puts an item if none exists.
    pub(crate) fn insert(content: impl Into<Content>) -> Self {
        Self::put(content, Condition { expression: ABSENT.into(), names: None, values: None })
    }

    pub(crate) fn put(content: impl Into<Content>, condition: Condition) -> Self {
        Self { change: Change::Put(content.into()), condition: Some(condition), returns_item: false }
    }

    /// Puts an item, and overwrites an existing one.
    pub(crate) fn set(content: impl Into<Content>) -> Self {
        Self { change: Change::Put(content.into()), condition: None, returns_item: false }
    }

    /// Changes nothing, in a transaction that is refused if there is an item at the key.
    pub(crate) fn absent(key: Item) -> Self {
        let condition = Condition { expression: ABSENT.into(), names: None, values: None };
        Self { change: Change::Check(key), condition: Some(condition), returns_item: false }
    }

    pub(crate) fn delete(key: Item, condition: Condition) -> Self {
        Self { change: Change::Delete(key), condition: Some(condition), returns_item: false }
    }

    #[cfg(feature = "broker")]
    pub(crate) fn update(key: Item, expression: impl Into<String>, condition: Condition) -> Self {
        let change = Change::Update(key, expression.into());
        Self { change, condition: Some(condition), returns_item: false }
    }

    /// Asks for the item of a refusal: it comes with the same answer, at no extra cost.
    pub(crate) fn returning_item(self) -> Self {
        Self { returns_item: true, ..self }
    }
}

/// What is sent at once.
enum Request {
    One(ItemWrite),
    All(Vec<TransactWriteItem>),
}

/// The result of one attempt.
enum Attempt {
    Decided(Written),
    /// It collided with a transaction, and may be sent again.
    Contended(StoreError),
    Failed(StoreError),
}

impl Table {
    /// Writes an item. `write` makes it again for each attempt, and one attempt is usual: keeping a copy would add a cost to
    /// every write.
    pub(crate) async fn write(
        &self,
        mut write: impl FnMut() -> Result<ItemWrite, StoreError> + Send,
    ) -> Result<Written, StoreError> {
        self.decide(|| write().map(Request::One)).await
    }

    /// Writes all items or none of them, in one transaction.
    pub(crate) async fn write_all(
        &self,
        writes: impl IntoIterator<Item = ItemWrite>,
    ) -> Result<Written, StoreError> {
        let items = writes.into_iter().map(|write| self.in_transaction(write));
        self.send_all(items.collect::<Result<_, _>>()?).await
    }

    /// The same for items of several tables of one DynamoDB.
    pub(crate) async fn write_across<'t>(
        &self,
        writes: impl IntoIterator<Item = (&'t Self, ItemWrite)>,
    ) -> Result<Written, StoreError> {
        let items = writes.into_iter().map(|(table, write)| table.in_transaction(write));
        self.send_all(items.collect::<Result<_, _>>()?).await
    }

    async fn send_all(&self, items: Vec<TransactWriteItem>) -> Result<Written, StoreError> {
        self.decide(|| Ok(Request::All(items.clone()))).await
    }

    /// Writes an item, and overwrites an existing one.
    pub(crate) async fn put(&self, content: impl Into<Content>) -> Result<(), StoreError> {
        self.send_once(Change::Put(content.into())).await
    }

    /// Deletes an item by its key, if it is there.
    pub(crate) async fn delete(&self, key: Item) -> Result<(), StoreError> {
        self.send_once(Change::Delete(key)).await
    }

    async fn send_once(&self, change: Change) -> Result<(), StoreError> {
        let write = ItemWrite { change, condition: None, returns_item: false };
        match self.send(Request::One(write)).await {
            Attempt::Decided(_) => Ok(()),
            Attempt::Contended(error) | Attempt::Failed(error) => Err(error),
        }
    }

    /// Sends a request until DynamoDB has decided on it.
    async fn decide(
        &self,
        mut request: impl FnMut() -> Result<Request, StoreError> + Send,
    ) -> Result<Written, StoreError> {
        let mut contended = 0;
        loop {
            match self.send(request()?).await {
                Attempt::Decided(written) => return Ok(written),
                Attempt::Contended(error) => {
                    contended += 1;
                    if contended >= CONTENTION.attempts {
                        return Err(error);
                    }
                    CONTENTION.pause(contended).await;
                }
                Attempt::Failed(error) => return Err(error),
            }
        }
    }

    async fn send(&self, request: Request) -> Attempt {
        match request {
            Request::One(write) => self.send_one(write).await,
            Request::All(items) => self.transact(items).await,
        }
    }

    async fn send_one(&self, write: ItemWrite) -> Attempt {
        let on_failure = write.returns_item.then_some(OnFailure::AllOld);
        let (expression, names, values) = parts(write.condition);
        match write.change {
            Change::Check(_) => Attempt::Failed(refused("a condition alone is not a write")),
            Change::Put(content) => {
                let put = self
                    .client
                    .put_item()
                    .table_name(&self.name)
                    .set_condition_expression(expression)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(on_failure)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total);
                let (put, writer) = self.with_content(put, content);
                self.attempt(direct::sent(pin!(put.send()), writer).await, |_| None)
            }
            Change::Delete(key) => {
                let delete = self
                    .client
                    .delete_item()
                    .table_name(&self.name)
                    .set_key(Some(key))
                    .set_condition_expression(expression)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(on_failure)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total);
                self.attempt(delete.send().await, |_| None)
            }
            #[cfg(feature = "broker")]
            Change::Update(key, update) => {
                let update = self
                    .client
                    .update_item()
                    .table_name(&self.name)
                    .set_key(Some(key))
                    .update_expression(update)
                    .set_condition_expression(expression)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(on_failure)
                    .return_values(ReturnValue::AllNew)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total);
                self.attempt(update.send().await, |output| output.attributes)
            }
        }
    }

    async fn transact(&self, items: Vec<TransactWriteItem>) -> Attempt {
        let transaction = self
            .client
            .transact_write_items()
            .set_transact_items(Some(items))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        self.attempt(transaction.send().await, |_| None)
    }

    fn attempt<O, E: Refusal>(
        &self,
        sent: Result<O, SdkError<E, HttpResponse>>,
        item: impl FnOnce(O) -> Option<Item>,
    ) -> Attempt {
        let error = match sent {
            Ok(output) => return Attempt::Decided(Written::Done(item(output))),
            Err(error) => error,
        };
        match error.as_service_error().and_then(Refusal::reason) {
            Some(Reason::Condition) => {
                let refused = match error {
                    SdkError::ServiceError(context) => context.into_err().into_refused(),
                    _ => Refused::default(),
                };
                Attempt::Decided(Written::Refused(refused))
            }
            Some(Reason::Contended) => Attempt::Contended(throttled(error)),
            Some(Reason::Throttled) => Attempt::Failed(throttled(error)),
            None => Attempt::Failed(self.error(error)),
        }
    }

    fn in_transaction(&self, write: ItemWrite) -> Result<TransactWriteItem, StoreError> {
        let on_failure = write.returns_item.then_some(OnFailure::AllOld);
        let (expression, names, values) = parts(write.condition);
        let item = TransactWriteItem::builder();
        let built = match write.change {
            Change::Check(key) => ConditionCheck::builder()
                .table_name(&self.name)
                .set_key(Some(key))
                .set_condition_expression(expression)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .set_return_values_on_condition_check_failure(on_failure)
                .build()
                .map(|check| item.condition_check(check)),
            Change::Put(content) => Put::builder()
                .table_name(&self.name)
                .set_item(Some(content.into_item()))
                .set_condition_expression(expression)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .set_return_values_on_condition_check_failure(on_failure)
                .build()
                .map(|put| item.put(put)),
            Change::Delete(key) => Delete::builder()
                .table_name(&self.name)
                .set_key(Some(key))
                .set_condition_expression(expression)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .set_return_values_on_condition_check_failure(on_failure)
                .build()
                .map(|delete| item.delete(delete)),
            #[cfg(feature = "broker")]
            Change::Update(key, update) => aws_sdk_dynamodb::types::Update::builder()
                .table_name(&self.name)
                .set_key(Some(key))
                .update_expression(update)
                .set_condition_expression(expression)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .set_return_values_on_condition_check_failure(on_failure)
                .build()
                .map(|update| item.update(update)),
        };
        Ok(built.map_err(|error| refused(error.to_string()))?.build())
    }
}

/// An expression, its names and its values, in the form of requests.
type Parts = (Option<String>, Option<HashMap<String, String>>, Option<Item>);

fn parts(condition: Option<Condition>) -> Parts {
    condition.map_or((None, None, None), |condition| {
        let Condition { expression, names, values } = condition;
        (Some(expression.into_owned()), names, values)
    })
}

fn throttled(error: impl Error + Send + Sync + 'static) -> StoreError {
    StoreError::Throttled { source: Box::new(error) }
}

/// Why DynamoDB has not carried out a write, if the reason is about the item.
enum Reason {
    Condition,
    Contended,
    Throttled,
}

/// The errors of the writing operations.
trait Refusal: Error + ProvideErrorMetadata + Send + Sync + 'static {
    fn reason(&self) -> Option<Reason>;

    /// The items of a refusal.
    fn into_refused(self) -> Refused;
}

macro_rules! refusal {
    ($($error:ident),*) => {$(
        impl Refusal for $error {
            fn reason(&self) -> Option<Reason> {
                match self.code() {
                    _ if self.is_conditional_check_failed_exception() => Some(Reason::Condition),
                    Some(CONTENDED) => Some(Reason::Contended),
                    _ => None,
                }
            }

            fn into_refused(self) -> Refused {
                match self {
                    Self::ConditionalCheckFailedException(failed) => Refused(vec![(0, failed.item)]),
                    _ => Refused::default(),
                }
            }
        }
    )*};
}

refusal!(PutItemError, DeleteItemError);
#[cfg(feature = "broker")]
refusal!(UpdateItemError);

impl Refusal for TransactWriteItemsError {
    fn reason(&self) -> Option<Reason> {
        let Self::TransactionCanceledException(cancelled) = self else {
            return (self.code() == Some(CONTENDED)).then_some(Reason::Contended);
        };
        let reasons = cancelled.cancellation_reasons();
        let has = |code: &str| reasons.iter().any(|reason| reason.code() == Some(code));
        if has(CONDITION) {
            Some(Reason::Condition)
        } else if has("TransactionConflict") {
            Some(Reason::Contended)
        } else if has("ThrottlingError") || has("ProvisionedThroughputExceeded") {
            Some(Reason::Throttled)
        } else {
            None
        }
    }

    fn into_refused(self) -> Refused {
        let Self::TransactionCanceledException(cancelled) = self else { return Refused::default() };
        let reasons = cancelled.cancellation_reasons.unwrap_or_default().into_iter().enumerate();
        let failed = reasons.filter(|(_, reason)| reason.code() == Some(CONDITION));
        Refused(failed.map(|(place, reason)| (place, reason.item)).collect())
    }
}
