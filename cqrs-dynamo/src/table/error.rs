//! The meaning of the SDK's errors for the caller.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use cqrs_core::causes::chain;
use cqrs_core::{RefusedKind, StoreError};

use super::write::CONTENDED;

/// A refusal with a hint about what to do.
#[derive(Debug, thiserror::Error)]
#[error("{hint}: {said}")]
struct Refusal {
    hint: String,
    said: String,
}

/// Codes by which DynamoDB and its streams throttle.
const THROTTLED: [&str; 7] = [
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottledException",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Codes by which AWS denies a caller everything of a kind.
const DENIED: [&str; 9] = [
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "UnrecognizedClientException",
];

/// DynamoDB's messages for a query of an index. Their code is the one of every invalid request.
const NO_INDEX: &str = "does not have the specified index";
const UNFILLED_INDEX: &str = "Cannot read from backfilling global secondary index";

/// Turns an SDK error on `table` into the store's.
pub(crate) fn store_error<E>(table: &str, error: SdkError<E, HttpResponse>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let code = error.code().unwrap_or_default().to_owned();
    let status = error.raw_response().map(|response| response.status().as_u16());
    match &error {
        SdkError::ServiceError(_) if code == "ResourceNotFoundException" => {
            let hint = format!(
                "table `{table}` does not exist; `create_tables()` makes it, `with_tables()` names another"
            );
            StoreError::Denied { source: Box::new(Refusal { hint, said: said(&error) }) }
        }
        SdkError::ServiceError(_) if says(&error, NO_INDEX) => {
            let hint = format!(
                "table `{table}` lacks an index that this program lists views by; `create_tables()` adds it to a table with data, \
                 and so does a deployment of the template: `template::next_step` says what to deploy"
            );
            StoreError::refused(RefusedKind::Setup, Refusal { hint, said: said(&error) })
        }
        SdkError::ServiceError(_) if says(&error, UNFILLED_INDEX) => {
            let hint = format!(
                "DynamoDB still fills an index of table `{table}` with the existing views; try again when it is done"
            );
            StoreError::Unavailable { source: Box::new(Refusal { hint, said: said(&error) }) }
        }
        SdkError::ServiceError(_) if DENIED.contains(&code.as_str()) => {
            let hint = format!("table `{table}`");
            StoreError::Denied { source: Box::new(Refusal { hint, said: said(&error) }) }
        }
        SdkError::ServiceError(_) if THROTTLED.contains(&code.as_str()) || code == CONTENDED => {
            let hint = format!("table `{table}`");
            StoreError::Throttled { source: Box::new(Refusal { hint, said: said(&error) }) }
        }
        SdkError::ServiceError(_) if status.is_none_or(|status| status < 500) => {
            let hint = format!("table `{table}`");
            StoreError::refused(RefusedKind::Other, Refusal { hint, said: said(&error) })
        }
        SdkError::ConstructionFailure(_) => {
            let hint = "the request cannot be made; are region and credentials configured?".to_owned();
            StoreError::Denied { source: Box::new(Refusal { hint, said: said(&error) }) }
        }
        _ => {
            let hint = format!("table `{table}`");
            StoreError::Unavailable { source: Box::new(Refusal { hint, said: said(&error) }) }
        }
    }
}

fn says<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, words: &str) -> bool {
    error.message().is_some_and(|message| message.contains(words))
}

/// What DynamoDB said, with its code.
pub(super) fn said<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => chain(error),
    }
}

pub(crate) fn refused(reason: impl Into<String>) -> StoreError {
    StoreError::refused(RefusedKind::Other, reason.into())
}

/// An error for a table, or for AWS, that is not set up as it has to be.
pub(crate) fn not_set_up(reason: impl Into<String>) -> StoreError {
    StoreError::refused(RefusedKind::Setup, reason.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_sdk_dynamodb::operation::query::QueryError;
    use aws_smithy_types::body::SdkBody;

    /// No emulator takes time to fill an index; these are DynamoDB's words.
    #[test]
    fn an_index_that_is_being_filled_can_be_asked_again_later() {
        let said = "Cannot read from backfilling global secondary index: index1";
        let metadata = ErrorMetadata::builder().code("ValidationException").message(said).build();
        let response = HttpResponse::new(400.try_into().unwrap(), SdkBody::empty());
        let error = store_error("views", SdkError::service_error(QueryError::generic(metadata), response));
        assert!(error.is_transient(), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("an index of table `views`") && text.contains(said), "{text}");
    }
}
