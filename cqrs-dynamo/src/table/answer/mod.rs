//! The items of an answer, read straight from its body.
//!
//! The SDK makes a map of attribute values from each item, with a text for each name and each number. A store converts this map
//! at once, so most of the time of a read would be spent on data that is thrown away.

mod body;
mod operation;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::ConfigBag;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::interceptors::context::{self, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::FrozenLayer;
use cqrs_core::StoreError;

use self::operation::HasItems;
use super::direct::{self, Instead};
use super::{Row, Table};

/// Makes something from an item.
pub(crate) type Make<T> = fn(Row<'_>) -> T;

impl Table {
    /// Sends a request, and converts each item of the answer. The answer itself is returned without items.
    pub(crate) async fn read<O, E, T>(
        &self,
        request: Pin<&mut impl Future<Output = Result<O, SdkError<E, HttpResponse>>>>,
        make: Make<T>,
    ) -> Result<(O, Vec<T>), StoreError>
    where
        O: HasItems,
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
        T: Send + 'static,
    {
        let made = Arc::default();
        let reader = O::operation().filter(|_| !self.sdk_bodies).map(|operation| {
            let reader = Reader { operation, field: O::FIELD, make, made: Arc::clone(&made) };
            Instead::Read(SharedResponseDeserializer::new(reader))
        });
        let mut answer = direct::sent(request, reader).await.map_err(|error| self.error(error))?;
        let made = made.lock().unwrap_or_else(PoisonError::into_inner).take();
        let made = match made {
            Some(made) => made,
            None => answer.take_items().into_iter().map(|item| make(item.into())).collect(),
        };
        Ok((answer, made))
    }
}

/// Reads the answers to one request.
struct Reader<T> {
    /// The SDK's configuration of the operation.
    operation: &'static FrozenLayer,
    field: &'static str,
    make: Make<T>,
    /// From the last answer; `None` if the SDK has read it.
    made: Arc<Mutex<Option<Vec<T>>>>,
}

impl<T> Reader<T> {
    fn keep(&self, made: Option<Vec<T>>) {
        *self.made.lock().unwrap_or_else(PoisonError::into_inner) = made;
    }
}

impl<T> fmt::Debug for Reader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl<T: Send> DeserializeResponse for Reader<T> {
    /// The SDK gets everything except the items. An unusual or invalid answer is left to the SDK entirely.
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        config: &ConfigBag,
    ) -> Result<Output, OrchestratorError<context::Error>> {
        let sdk = self.operation.load::<SharedResponseDeserializer>();
        let sdk =
            sdk.ok_or_else(|| OrchestratorError::other("the SDK has no deserializer for this answer"))?;
        let body = response.body().bytes().filter(|_| response.status().is_success());
        if let Some((made, rest)) = body.and_then(|body| body::read(body, self.field, self.make)) {
            let mut without_items = HttpResponse::new(response.status(), SdkBody::from(rest));
            *without_items.headers_mut() = response.headers().clone();
            if let Ok(answer) = sdk.deserialize_nonstreaming_with_config(&without_items, config) {
                self.keep(Some(made));
                return Ok(answer);
            }
        }
        self.keep(None);
        sdk.deserialize_nonstreaming_with_config(response, config)
    }
}
