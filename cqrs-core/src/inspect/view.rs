use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Inspect;
use super::error::InspectError;
use super::linked::known_projection;
use super::page::Page;
use crate::key::Tenant;
use crate::replay::{Rebuild, Replayed};
use crate::timestamp::Timestamp;
use crate::version::Version;

/// The views that are requested.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AskedView {
    /// The projection, by its name.
    pub projection: String,
    /// The index, by its name; `None` for the order of the keys.
    pub index: Option<String>,
    /// The conditions on the fields of the index, or of the key, in their order. An index needs one on its first field,
    /// as [`Criterion::Is`].
    pub criteria: Vec<Criterion>,
    /// Lists from the last view to the first.
    pub descending: bool,
    /// The number of views; 0 means 20.
    pub limit: u32,
    /// The cursor of the previous page: [`Page::next`].
    pub after: Option<String>,
}

/// The condition on one field. A range or a prefix must be the last condition. In a key, it must be on the last field.
///
/// A value is what the field has in the view's JSON. A text is also taken as the number or `true` that it spells, and a
/// number as its text, so that a command line or a form need not tell them apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Criterion {
    /// The field has the value.
    Is(Value),
    /// The field is between two values, both included; `None` for no bound.
    Within(Option<Value>, Option<Value>),
    /// The field's text begins with this text.
    Begins(String),
}

/// A view in an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ListedView {
    /// The texts of the key's fields.
    pub id: Vec<String>,
    /// The view.
    pub view: Value,
    /// The stored version: see [`StoredView::version`](crate::view::StoredView::version).
    pub version: Version,
    /// When it was written.
    pub updated_at: Timestamp,
}

impl Inspect<'_> {
    /// The view of a projection by its tenant and the texts of its key's fields; `None` if there is none. It is read as
    /// by [`App::view`](crate::App::view).
    ///
    /// # Errors
    /// [`InspectError::UnknownProjection`], [`InspectError::Key`], [`InspectError::Query`].
    pub async fn view(
        &self,
        projection: &str,
        tenant: &Tenant,
        id: &[&str],
    ) -> Result<Option<ListedView>, InspectError> {
        (known_projection(projection)?.one)(self.app, tenant, id).await
    }

    /// One page of the views of a tenant, by their keys or by an index, as answered by
    /// [`App::query`](crate::App::query).
    ///
    /// # Errors
    /// [`InspectError::UnknownProjection`], [`InspectError::UnknownIndex`], [`InspectError::Value`] for a condition
    /// that a field cannot have, [`InspectError::Cursor`], [`InspectError::Query`].
    pub async fn views(&self, tenant: &Tenant, asked: &AskedView) -> Result<Page<ListedView>, InspectError> {
        (known_projection(&asked.projection)?.page)(self.app, tenant, asked).await
    }

    /// Builds the views of a projection anew from all commits, by its name, as [`App::replay`](crate::App::replay)
    /// does. In the meantime, [`App::projections`](crate::App::projections) shows the progress. This is the only call
    /// here that writes.
    ///
    /// # Errors
    /// [`InspectError::UnknownProjection`], [`InspectError::Replay`].
    pub async fn replay(&self, projection: &str) -> Result<Replayed, InspectError> {
        Ok(Rebuild::new(known_projection(projection)?.projection, self.runtime()).start().await?)
    }
}
