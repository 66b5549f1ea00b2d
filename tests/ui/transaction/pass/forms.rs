use cqrs_core::prelude::*;
use cqrs_misuse::{CreateOrder, OrderError, OrderKey, ShipOrder};

/// What a caller makes of it.
#[derive(Debug)]
pub enum Failed {
    No(OrderError),
    Other(TransactionError),
}

impl From<TransactionError> for Failed {
    fn from(error: TransactionError) -> Self {
        match error.rejection::<OrderError>() {
            Some(rejection) => Self::No(rejection.clone()),
            None => Self::Other(error),
        }
    }
}

pub async fn replace(
    app: &App,
    old: &OrderKey,
    new: &OrderKey,
    read: &OrderKey,
    create: CreateOrder,
) -> Result<Version, Failed> {
    let done = app
        .transaction()
        .execute(old, ShipOrder { tracking: "Z1".into() })
        .execute(new, create)
        .unchanged(read)
        .expect_version(read, Version::new(3))
        .by("user-123")
        .command_id("replace-1")
        .await?;
    Ok(done.of(new).map_or(Version::NONE, |done| done.version))
}

fn main() {}
