//! Replaces one step of the SDK for one request of a task: other code writes its body, or reads the body of its answer.
//!
//! The SDK does everything else: retries, time limits, endpoint, credentials, signature and errors.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::ser_de::{SharedRequestSerializer, SharedResponseDeserializer};

/// The code that replaces the SDK's.
pub(super) enum Instead {
    Write(SharedRequestSerializer),
    Read(SharedResponseDeserializer),
}

tokio::task_local! {
    /// For the next request of this task.
    static INSTEAD: Cell<Option<Instead>>;
}

/// Sends a request. It is pinned: the SDK's futures are so large that moving one costs more than writing an item.
pub(super) async fn sent<F: Future>(request: Pin<&mut F>, instead: Option<Instead>) -> F::Output {
    INSTEAD.scope(Cell::new(instead), request).await
}

/// Replaces the SDK's serializer or deserializer with the one that a task has set.
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
