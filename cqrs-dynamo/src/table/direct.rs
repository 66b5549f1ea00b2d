//! The place where one request of a task leaves the SDK's way: something else writes its body, or reads that of its answer.
//!
//! All else stays the SDK's: retries, time limits, endpoint, credentials, signature, and what errors are.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::ser_de::{SharedRequestSerializer, SharedResponseDeserializer};

/// What does it instead.
pub(super) enum Instead {
    Write(SharedRequestSerializer),
    Read(SharedResponseDeserializer),
}

tokio::task_local! {
    /// For the next request of this task.
    static INSTEAD: Cell<Option<Instead>>;
}

/// Sends a request. It stays where it is: the SDK's futures are so large that to move one costs more than to write an item.
pub(super) async fn sent<F: Future>(request: Pin<&mut F>, instead: Option<Instead>) -> F::Output {
    INSTEAD.scope(Cell::new(instead), request).await
}

/// Puts what a task has asked for in the place of what the SDK writes and reads bodies with.
#[derive(Debug)]
pub(crate) struct DirectBodies;

#[dyn_dispatch_hint]
impl Intercept for DirectBodies {
    fn name(&self) -> &'static str {
        "CqrsDirectBodies"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match INSTEAD.try_with(Cell::take) {
            Ok(Some(Instead::Write(writer))) => {
                config.interceptor_state().store_put(writer);
            }
            Ok(Some(Instead::Read(reader))) => {
                config.interceptor_state().store_put(reader);
            }
            Ok(None) | Err(_) => {}
        }
        Ok(())
    }
}
