//! The operations whose answers have items.

use std::sync::LazyLock;

use aws_sdk_dynamodb::operation::get_item::{GetItem, GetItemOutput};
use aws_sdk_dynamodb::operation::query::{Query, QueryOutput};
use aws_sdk_dynamodb::operation::scan::{Scan, ScanOutput};
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_types::config_bag::FrozenLayer;

use crate::table::Item;

/// An answer that has items.
pub(crate) trait HasItems {
    /// The field with the items in the body.
    const FIELD: &str;

    /// The SDK's configuration of the operation: it has the deserializer of the answer.
    fn operation() -> Option<&'static FrozenLayer>;

    fn take_items(&mut self) -> Vec<Item>;
}

impl HasItems for GetItemOutput {
    const FIELD: &str = "Item";

    fn operation() -> Option<&'static FrozenLayer> {
        static GET_ITEM: LazyLock<Option<FrozenLayer>> = LazyLock::new(|| GetItem::new().config());
        GET_ITEM.as_ref()
    }

    fn take_items(&mut self) -> Vec<Item> {
        self.item.take().into_iter().collect()
    }
}

impl HasItems for QueryOutput {
    const FIELD: &str = "Items";

    fn operation() -> Option<&'static FrozenLayer> {
        static QUERY: LazyLock<Option<FrozenLayer>> = LazyLock::new(|| Query::new().config());
        QUERY.as_ref()
    }

    fn take_items(&mut self) -> Vec<Item> {
        self.items.take().unwrap_or_default()
    }
}

impl HasItems for ScanOutput {
    const FIELD: &str = "Items";

    fn operation() -> Option<&'static FrozenLayer> {
        static SCAN: LazyLock<Option<FrozenLayer>> = LazyLock::new(|| Scan::new().config());
        SCAN.as_ref()
    }

    fn take_items(&mut self) -> Vec<Item> {
        self.items.take().unwrap_or_default()
    }
}
