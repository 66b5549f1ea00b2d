use std::error::Error;
use std::pin::pin;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use cqrs_core::{RefusedKind, StoreError};

use super::{Item, Make, store_error};

/// One table whose items are read and written. Clones are cheap.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
    /// The SDK writes and reads all items.
    pub(super) sdk_bodies: bool,
}

impl Table {
    pub(crate) fn new(client: &Client, name: &str, sdk_bodies: bool) -> Self {
        Self { client: client.clone(), name: name.to_owned(), sdk_bodies }
    }

    /// Reads an item by its key and converts it. A read that is not consistent may return an earlier state, for half the price.
    pub(crate) async fn get<T: Send + 'static>(
        &self,
        key: Item,
        consistent: bool,
        make: Make<T>,
    ) -> Result<Option<T>, StoreError> {
        let request = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key))
            .consistent_read(consistent)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let (_, made) = self.read(pin!(request.send()), make).await?;
        Ok(made.into_iter().next())
    }

    /// What an error of the SDK means.
    pub(crate) fn error<E>(&self, error: SdkError<E, HttpResponse>) -> StoreError
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        store_error(&self.name, error)
    }

    /// An item that is invalid.
    pub(crate) fn unreadable(&self, pk: &str, sk: &str, reason: &str) -> StoreError {
        let reason = format!("table `{}`, item at pk `{pk}`, sk `{sk}`: {reason}", self.name);
        StoreError::refused(RefusedKind::Unreadable, reason)
    }
}
