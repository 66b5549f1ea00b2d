//! The rows that `#[aggregate]`, `#[process]` and `#[projection]` register for tools, with everything that is created
//! for their types.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use super::error::InspectError;
use super::linked::LinkedIndex;
use super::page::Page;
use super::state::Moment;
use super::view::{AskedView, ListedView};
use super::{keys, views};
use crate::aggregate::{Aggregate, AggregateKey};
use crate::app::App;
use crate::commit::Commit;
use crate::engine::{State, Until};
use crate::key::{KeyError, KeyTemplate, StreamKey, Tenant};
use crate::panic::caught;
use crate::projection::{Erased, Projection, ViewAddress, erased};
use crate::runtime::Runtime;
use crate::schema::{Field, Shape, name_of, unquoted};
use crate::store::StoreError;
use crate::version::Version;

type Boxed<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

type Texts = fn(&StreamKey) -> Result<(Tenant, Vec<String>), KeyError>;
type Loading<'a> = Boxed<'a, Box<dyn Folded>, StoreError>;
type Load = for<'a> fn(&'a Runtime, &'a StreamKey, Moment) -> Loading<'a>;
type ReadingView<'a> = Boxed<'a, Option<ListedView>, InspectError>;
type OneView = for<'a> fn(&'a App, &'a Tenant, &'a [&'a str]) -> ReadingView<'a>;
type PageOfViews =
    for<'a> fn(&'a App, &'a Tenant, &'a AskedView) -> Boxed<'a, Page<ListedView>, InspectError>;

/// An aggregate, or the instances of a process, without its type.
#[derive(Debug)]
pub struct StreamInspection {
    pub(super) entity: &'static str,
    pub(super) key: &'static [&'static str],
    pub(super) template: KeyTemplate,
    /// The key for a tenant and the texts of its fields.
    pub(super) stream: fn(Tenant, &[&str]) -> Result<StreamKey, KeyError>,
    /// The tenant and the texts of the fields.
    pub(super) texts: Texts,
    pub(super) initial: fn() -> Box<dyn Folded>,
    pub(super) load: Load,
}

impl StreamInspection {
    /// The row of `A`.
    #[must_use]
    pub const fn of<A: Aggregate>() -> Self {
        Self {
            entity: A::ENTITY,
            key: A::Key::FIELDS,
            template: A::Key::TEMPLATE,
            stream: keys::stream_of::<A::Key>,
            texts: keys::texts_of::<A::Key>,
            initial: || Box::new(State::<A>::empty()),
            load: |runtime, stream, moment| Box::pin(load::<A>(runtime, stream, moment)),
        }
    }
}

inventory::collect!(StreamInspection);

/// A state without its type.
pub(super) trait Folded: Send {
    /// Folds the next commit.
    fn fold(&mut self, commit: Commit) -> Result<(), StoreError>;
    /// The last commit that it contains.
    fn version(&self) -> Version;
    /// Its fields.
    fn shown(&self) -> Value;
}

impl<A: Aggregate> Folded for State<A> {
    fn fold(&mut self, commit: Commit) -> Result<(), StoreError> {
        Self::fold(self, commit)
    }

    fn version(&self) -> Version {
        self.version
    }

    fn shown(&self) -> Value {
        // The user's own `Serialize` and `Debug` are in it.
        caught(|| self.aggregate.shown()).unwrap_or_else(|text| format!("it panicked: {text}").into())
    }
}

async fn load<A: Aggregate>(
    runtime: &Runtime,
    stream: &StreamKey,
    moment: Moment,
) -> Result<Box<dyn Folded>, StoreError> {
    let until = match moment {
        Moment::Now => return Ok(Box::new(runtime.load_now::<A>(stream).await?)),
        Moment::Version(version) => Until::Version(version),
        Moment::AsOf(time) => Until::Time(time),
        Moment::AsRecorded(time) => Until::Recorded(time),
    };
    Ok(Box::new(runtime.load_until::<A>(stream, until).await?))
}

/// A projection without its type.
pub struct ProjectionInspection {
    pub(super) name: &'static str,
    pub(super) view: &'static str,
    pub(super) key: &'static [&'static str],
    pub(super) fields: fn() -> Vec<String>,
    pub(super) indexes: fn() -> Vec<LinkedIndex>,
    pub(super) one: OneView,
    pub(super) page: PageOfViews,
    pub(super) projection: Erased,
}

impl ProjectionInspection {
    /// The row of `P`.
    #[must_use]
    pub const fn of<P: Projection>() -> Self {
        Self {
            name: P::NAME,
            view: P::VIEW,
            key: P::Key::PARTS,
            fields: || fields(&P::DATA),
            indexes: || P::INDEXES.iter().map(LinkedIndex::of).collect(),
            one: |app, tenant, id| Box::pin(views::one::<P>(app, tenant, id)),
            page: |app, tenant, asked| Box::pin(views::page::<P>(app, tenant, asked)),
            projection: erased::<P>(),
        }
    }
}

/// The stored names of the fields of a shape.
fn fields(shape: &Shape) -> Vec<String> {
    match shape {
        Shape::Record(all) => all.iter().flat_map(names).collect(),
        Shape::Example(inner, _) | Shape::Lossy(inner) | Shape::Recursive(_, inner) => fields(inner),
        _ => Vec::new(),
    }
}

/// The name of a field; those of its own fields if it is flattened.
fn names(field: &Field) -> Vec<String> {
    match &field.shape {
        Some(shape) if field.label.starts_with("..") => fields(shape),
        _ => field.label.get(..name_of(field.label.as_bytes()).len()).map(unquoted).into_iter().collect(),
    }
}

impl fmt::Debug for ProjectionInspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectionInspection").field("name", &self.name).finish_non_exhaustive()
    }
}

inventory::collect!(ProjectionInspection);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_map_are_not_the_names_of_fields() {
        const COUNT: Shape = Shape::Scalar("u64");
        const TEXT: Shape = Shape::Scalar("string");
        const STORED: Shape = Shape::Record(&[
            Field::new("total|sum default", COUNT),
            Field::new("..", Shape::Map(&TEXT, &COUNT)),
            Field::new("..2", Shape::Record(&[Field::new("\"of day\"", COUNT)])),
        ]);
        assert_eq!(fields(&STORED), ["total", "of day"]);
        assert_eq!(fields(&Shape::Map(&TEXT, &COUNT)), [""; 0]);
    }
}
