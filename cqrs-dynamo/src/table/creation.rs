//! Makes the tables, or checks existing ones.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    BillingMode, KeyType, ScalarAttributeType, StreamSpecification, StreamViewType, TableDescription,
    TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
};
use cqrs_core::StoreError;

use super::{indexes, not_set_up, refused, store_error};
use crate::names::{EXPIRES_AT, Slot, Tables};

/// The pause between two checks of the status, and their number: a table may take about five minutes in all.
const POLL: Duration = Duration::from_millis(500);
const POLLS: u32 = 600;

/// Makes the tables: the views table with a number of indexes, and the tables that this program needs in addition.
pub(crate) async fn create(
    client: &Client,
    tables: &Tables,
    indexes: usize,
    further: &[&String],
) -> Result<(), StoreError> {
    let mut wanted = vec![
        (&tables.events, true),
        (&tables.views, false),
        (&tables.snapshots, false),
        (&tables.delivery, false),
    ];
    wanted.extend(further.iter().map(|table| (*table, false)));
    for &(table, streamed) in &wanted {
        if describe(client, table).await?.is_none() {
            let indexes = if table == &tables.views { indexes } else { 0 };
            create_one(client, table, streamed, indexes).await?;
        }
    }
    // All are created before this waits: one after another would take the sum of all times.
    for (table, streamed) in wanted {
        let description = active(client, table).await?;
        check(table, &description, streamed)?;
    }
    if indexes > 0 {
        self::indexes::complete(client, &tables.views, indexes).await?;
    }
    // Only the table's size depends on it, and not every endpoint and not every role supports it.
    if let Err(error) = expire(client, &tables.delivery).await {
        let table = &tables.delivery;
        tracing::warn!(
            table,
            error = &error as &dyn std::error::Error,
            "inbox records will not expire; enable the time to live of the table on `{EXPIRES_AT}`"
        );
    }
    Ok(())
}

async fn expire(client: &Client, table: &str) -> Result<(), StoreError> {
    let output = client.describe_time_to_live().table_name(table).send().await;
    let found = output.map_err(|error| store_error(table, error))?.time_to_live_description;
    let status = found.as_ref().and_then(|found| found.time_to_live_status());
    if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
        return match found.as_ref().and_then(|found| found.attribute_name()) {
            Some(EXPIRES_AT) => Ok(()),
            other => Err(not_set_up(format!("its time to live is on `{}`", other.unwrap_or_default()))),
        };
    }
    let wanted = TimeToLiveSpecification::builder().attribute_name(EXPIRES_AT).enabled(true).build();
    let wanted = wanted.map_err(|error| refused(error.to_string()))?;
    let request = client.update_time_to_live().table_name(table).time_to_live_specification(wanted);
    request.send().await.map_err(|error| store_error(table, error))?;
    Ok(())
}

pub(super) async fn describe(client: &Client, table: &str) -> Result<Option<TableDescription>, StoreError> {
    match client.describe_table().table_name(table).send().await {
        Ok(output) => Ok(output.table),
        Err(error)
            if error.as_service_error().is_some_and(DescribeTableError::is_resource_not_found_exception) =>
        {
            Ok(None)
        }
        Err(error) => Err(store_error(table, error)),
    }
}

async fn create_one(client: &Client, table: &str, streamed: bool, indexes: usize) -> Result<(), StoreError> {
    let built = |error: BuildError| refused(error.to_string());
    let mut request = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    for (name, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        let attribute = indexes::text_attribute(name).map_err(built)?;
        let key = indexes::key_element(name, kind).map_err(built)?;
        request = request.attribute_definitions(attribute).key_schema(key);
    }
    for slot in Slot::first(indexes) {
        for attribute in indexes::attributes(slot).map_err(built)? {
            request = request.attribute_definitions(attribute);
        }
        request = request.global_secondary_indexes(indexes::index(slot).map_err(built)?);
    }
    if streamed {
        let stream = StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(StreamViewType::NewImage)
            .build()
            .map_err(built)?;
        request = request.stream_specification(stream);
    }
    match request.send().await {
        Ok(_) => Ok(()),
        // Another process was faster; its table is checked below.
        Err(error)
            if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) =>
        {
            Ok(())
        }
        Err(error) => Err(store_error(table, error)),
    }
}

async fn active(client: &Client, table: &str) -> Result<TableDescription, StoreError> {
    for _ in 0..POLLS {
        match describe(client, table).await? {
            // A table that is being updated takes requests.
            Some(description)
                if matches!(
                    description.table_status(),
                    Some(TableStatus::Active | TableStatus::Updating) | None
                ) =>
            {
                return Ok(description);
            }
            Some(description) if description.table_status() != Some(&TableStatus::Creating) => {
                let status = description.table_status().map_or("unknown", TableStatus::as_str);
                return Err(not_set_up(format!("table `{table}` cannot be used: its status is {status}")));
            }
            // A new table may not be visible yet.
            _ => tokio::time::sleep(POLL).await,
        }
    }
    Err(StoreError::Unavailable {
        source: format!("table `{table}` has not become active within five minutes").into(),
    })
}

fn check(table: &str, description: &TableDescription, streamed: bool) -> Result<(), StoreError> {
    let key = |kind: &KeyType| {
        let schema = description.key_schema().iter().find(|element| element.key_type() == kind)?;
        let mut attributes = description.attribute_definitions().iter();
        let is_text = attributes.any(|attribute| {
            attribute.attribute_name() == schema.attribute_name()
                && *attribute.attribute_type() == ScalarAttributeType::S
        });
        is_text.then(|| schema.attribute_name())
    };
    if key(&KeyType::Hash) != Some("pk") || key(&KeyType::Range) != Some("sk") {
        return Err(not_set_up(format!(
            "table `{table}` has other keys; it needs `pk` (S) as partition key and `sk` (S) as sort key"
        )));
    }
    if !streamed {
        return Ok(());
    }
    let stream = description.stream_specification();
    let images = stream.filter(|stream| stream.stream_enabled()).and_then(|stream| stream.stream_view_type());
    match images {
        Some(StreamViewType::NewImage | StreamViewType::NewAndOldImages) => Ok(()),
        _ => Err(not_set_up(format!(
            "table `{table}` is there without a stream of new images, and nothing could be delivered; enable its \
             stream with the view type `NEW_IMAGE`"
        ))),
    }
}
