use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::types::{ShardFilter, ShardFilterType};
use cqrs_core::StoreError;

use super::Shard;
use crate::table::{Table, not_set_up};

/// The DynamoDB Stream of a table.
#[derive(Debug)]
pub(crate) struct TableStream {
    pub(crate) table: Table,
    pub(crate) client: Client,
    arn: Option<String>,
}

impl TableStream {
    pub(crate) fn new(table: Table, client: Client) -> Self {
        Self { table, client, arn: None }
    }

    /// The ARN of the table's current stream.
    pub(crate) async fn arn(&mut self) -> Result<String, StoreError> {
        if let Some(arn) = &self.arn {
            return Ok(arn.clone());
        }
        let described = self.table.client.describe_table().table_name(&self.table.name).send().await;
        let table = described.map_err(|error| self.table.error(error))?.table;
        let arn = table.and_then(|table| table.latest_stream_arn).ok_or_else(|| {
            not_set_up(format!(
                "table `{}` has no stream, so nothing can be delivered; enable one with new images, or let \
                 `create_tables()` make the table",
                self.table.name
            ))
        })?;
        self.arn = Some(arn.clone());
        Ok(arn)
    }

    /// All shards that still have records, or may get new ones.
    pub(crate) async fn shards(&mut self) -> Result<Vec<Shard>, StoreError> {
        self.describe(None).await
    }

    /// The shards that follow one that has ended. A stream without this filter answers with all shards.
    pub(crate) async fn children(&mut self, parent: &str) -> Result<Vec<Shard>, StoreError> {
        let filter = ShardFilter::builder().r#type(ShardFilterType::ChildShards).shard_id(parent).build();
        self.describe(Some(filter)).await
    }

    async fn describe(&mut self, filter: Option<ShardFilter>) -> Result<Vec<Shard>, StoreError> {
        let arn = self.arn().await?;
        let mut listed = Vec::new();
        let mut start = None;
        loop {
            let page = self.client.describe_stream().stream_arn(&arn).set_shard_filter(filter.clone());
            let page = page.set_exclusive_start_shard_id(start);
            let description = page.send().await.map_err(|error| self.table.error(error))?.stream_description;
            let Some(description) = description else { return Ok(listed) };
            let shards = description.shards.unwrap_or_default();
            listed.extend(
                shards
                    .iter()
                    .filter_map(|shard| Some(Shard::new(shard.shard_id()?, shard.parent_shard_id()))),
            );
            start = description.last_evaluated_shard_id;
            if start.is_none() {
                return Ok(listed);
            }
        }
    }
}
