//! What the SDK's errors mean for the caller.

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use cqrs_core::StoreError;

use super::write::CONTENDED;

/// A refusal with its way out.
#[derive(Debug, thiserror::Error)]
#[error("{hint}: {said}")]
struct Refusal {
    hint: String,
    said: String,
}

/// Codes by which DynamoDB and its streams ask for less.
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
                "table `{table}` is not there; `create_tables()` makes it, `with_tables()` names another"
            );
            StoreError::Denied { source: Box::new(Refusal { hint, said: said(&error) }) }
        }
        SdkError::ServiceError(_) if DENIED.contains(&code.as_str()) => {
            let hint = format!("table `{table}`");
            StoreError::Denied { source: Box::new(Refusal { hint, said: said(&error) }) }
        }
        SdkError::ServiceError(_) if THROTTLED.contains(&code.as_str()) || code == CONTENDED => {
            StoreError::Throttled { source: Box::new(error) }
        }
        SdkError::ServiceError(_) if status.is_none_or(|status| status < 500) => {
            let hint = format!("table `{table}`");
            StoreError::Refused { source: Box::new(Refusal { hint, said: said(&error) }) }
        }
        SdkError::ConstructionFailure(_) => {
            let hint = "the request cannot be made; are region and credentials configured?".to_owned();
            StoreError::Denied { source: Box::new(Refusal { hint, said: said(&error) }) }
        }
        _ => StoreError::Unavailable { source: Box::new(error) },
    }
}

/// What DynamoDB said, with its code.
pub(super) fn said<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => DisplayErrorContext(error).to_string(),
    }
}

pub(crate) fn refused(reason: impl Into<String>) -> StoreError {
    StoreError::Refused { source: reason.into().into() }
}
