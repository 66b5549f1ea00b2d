use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Inspect;
use super::error::InspectError;
use super::linked::known_projection;
use super::page::Page;
use crate::key::Tenant;
use crate::replay::Replayed;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// Which views are asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AskedView {
    /// The projection, by its name.
    pub projection: String,
    /// The index, by its name; none for the order of the keys.
    pub index: Option<String>,
    /// What is asked of the fields of the index, or of the key, in their order. An index needs its first one, as [`Criterion::Is`].
    pub criteria: Vec<Criterion>,
    /// From the last to the first.
    pub descending: bool,
    /// How many; 0 for 20.
    pub limit: u32,
    /// The cursor of the page before: [`Page::next`].
    pub after: Option<String>,
}

/// What is asked of one field. A range, and a beginning, is the last one; of a key it is asked of the last field.
///
/// A value is what the field has in the view's JSON. A text is also taken for the number or `true` that it spells, and a number for its
/// text: what comes from a command line or a form need not be told apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Criterion {
    /// It has the value.
    Is(Value),
    /// It lies between two values, both included; none for no end.
    Within(Option<Value>, Option<Value>),
    /// Its text begins so.
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
    /// The view of a projection by its tenant and the texts of its key's fields; none where there is none. It is read as
    /// [`App::view`](crate::App::view) reads it.
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

    /// One page of the views of a tenant, by their keys or by an index, as [`App::query`](crate::App::query) answers it.
    ///
    /// # Errors
    /// [`InspectError::UnknownProjection`], [`InspectError::UnknownIndex`], [`InspectError::Value`] for what cannot be asked of a field,
    /// [`InspectError::Cursor`], [`InspectError::Query`].
    pub async fn views(&self, tenant: &Tenant, asked: &AskedView) -> Result<Page<ListedView>, InspectError> {
        (known_projection(&asked.projection)?.page)(self.app, tenant, asked).await
    }

    /// Builds the views of a projection anew from all commits, by its name, as [`App::replay`](crate::App::replay) does; how far it is,
    /// [`App::projections`](crate::App::projections) tells meanwhile. The only call here that writes.
    ///
    /// # Errors
    /// [`InspectError::UnknownProjection`], [`InspectError::Replay`].
    pub async fn replay(&self, projection: &str) -> Result<Replayed, InspectError> {
        Ok((known_projection(projection)?.replay)(self.runtime()).await?)
    }
}
