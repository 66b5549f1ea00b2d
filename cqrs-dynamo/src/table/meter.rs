use std::fmt;
use std::ops::Sub;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_execute_statement::BatchExecuteStatementOutput;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemOutput;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::scan::ScanOutput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsOutput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemOutput;
use aws_sdk_dynamodb::types::ConsumedCapacity;
use aws_smithy_runtime_api::client::interceptors::context::Output;

/// The requests to DynamoDB, and the capacity that it reported.
///
/// A request counts each time that it is sent, so a retry counts again. Capacity is taken from answers: DynamoDB also charges a
/// write whose condition failed, but its answer does not say how much (Amazon DynamoDB Developer Guide, "Condition expressions").
/// On tables in on-demand mode, one unit is one request unit.
///
/// A test limits the cost of a use case with [`Dynamo::spent`](crate::Dynamo::spent); a program reports the difference of two
/// readings of [`Dynamo::cost`](crate::Dynamo::cost).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct Cost {
    /// Requests to the tables.
    pub requests: u64,
    /// Read capacity units.
    pub read_units: f64,
    /// Write capacity units.
    pub write_units: f64,
    /// Requests to the events table's stream; they have no units.
    pub stream_requests: u64,
}

/// What was spent since an earlier reading.
impl Sub for Cost {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(earlier.requests),
            read_units: self.read_units - earlier.read_units,
            write_units: self.write_units - earlier.write_units,
            stream_requests: self.stream_requests.saturating_sub(earlier.stream_requests),
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, read_units, write_units, stream_requests } = self;
        write!(f, "{requests} requests, {write_units} WCU, {read_units} RCU")?;
        if *stream_requests > 0 {
            write!(f, ", {stream_requests} stream requests")?;
        }
        Ok(())
    }
}

/// Counts requests as they are sent. Clones share their count.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter(Arc<Mutex<Count>>);

#[derive(Debug, Default)]
struct Count {
    cost: Cost,
    /// The names of the requests, while they are recorded.
    names: Option<Vec<String>>,
}

impl Meter {
    pub(crate) fn read(&self) -> Cost {
        self.count().cost
    }

    /// Records the names of requests from now on.
    pub(crate) fn note_names(&self) {
        self.count().names = Some(Vec::new());
    }

    /// The recorded names; stops recording.
    pub(crate) fn take_names(&self) -> Vec<String> {
        self.count().names.take().unwrap_or_default()
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add_read(&self, consumed: Option<&ConsumedCapacity>) {
        self.count().cost.read_units += consumed.and_then(ConsumedCapacity::capacity_units).unwrap_or(0.0);
    }

    fn add_write(&self, consumed: Option<&ConsumedCapacity>) {
        self.count().cost.write_units += consumed.and_then(ConsumedCapacity::capacity_units).unwrap_or(0.0);
    }

    fn add_output(&self, output: &Output) {
        if let Some(output) = output.downcast_ref::<PutItemOutput>() {
            self.add_write(output.consumed_capacity());
        } else if let Some(output) = output.downcast_ref::<QueryOutput>() {
            self.add_read(output.consumed_capacity());
        } else if let Some(output) = output.downcast_ref::<ScanOutput>() {
            self.add_read(output.consumed_capacity());
        } else if let Some(output) = output.downcast_ref::<GetItemOutput>() {
            self.add_read(output.consumed_capacity());
        } else if let Some(output) = output.downcast_ref::<UpdateItemOutput>() {
            self.add_write(output.consumed_capacity());
        } else if let Some(output) = output.downcast_ref::<DeleteItemOutput>() {
            self.add_write(output.consumed_capacity());
        } else if let Some(output) = output.downcast_ref::<TransactWriteItemsOutput>() {
            for consumed in output.consumed_capacity() {
                self.add_write(Some(consumed));
            }
        } else if let Some(output) = output.downcast_ref::<BatchExecuteStatementOutput>() {
            // This crate executes only writes.
            for consumed in output.consumed_capacity() {
                self.add_write(Some(consumed));
            }
        } else if let Some(output) = output.downcast_ref::<BatchGetItemOutput>() {
            for consumed in output.consumed_capacity() {
                self.add_read(Some(consumed));
            }
        }
    }
}

/// Counts requests to the tables and their capacity.
#[derive(Debug)]
pub(crate) struct TableRequests(pub(crate) Meter);

impl Intercept for TableRequests {
    fn name(&self) -> &'static str {
        "CqrsTableRequests"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut count = self.0.count();
        count.cost.requests += 1;
        if let Some(names) = &mut count.names {
            let target = context.request().headers().get("x-amz-target").unwrap_or_default();
            names.push(target.rsplit('.').next().unwrap_or_default().to_owned());
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Ok(output) = context.output_or_error() {
            self.0.add_output(output);
        }
        Ok(())
    }
}

/// Counts requests to the stream.
#[derive(Debug)]
pub(crate) struct StreamRequests(pub(crate) Meter);

impl Intercept for StreamRequests {
    fn name(&self) -> &'static str {
        "CqrsStreamRequests"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.count().cost.stream_requests += 1;
        Ok(())
    }
}
