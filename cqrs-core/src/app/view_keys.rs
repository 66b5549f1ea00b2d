use std::sync::Arc;

use super::AppBuilder;
use crate::event::{Event, EventId, RawEvent};
use crate::key::Tenant;
use crate::projection::check_texts;
use crate::runtime::CheckKey;

impl AppBuilder {
    /// Refuses commands whose events a projection of another program could not keep, when this program does not have
    /// that projection.
    ///
    /// The keys of projections that are linked into the program are checked without this call, including those that
    /// [`only`](AppBuilder::only) leaves out: a service that executes commands may link the crate of the read models
    /// and run none of them. If it cannot link them, it declares here which texts of an event are parts of a view's
    /// key. `view` is the name of the view in its keys, `CUSTOMER_TOTALS`. A command with an empty text, or with a key
    /// of more than 1,024 bytes, is an [`ExecuteError::ViewKey`](super::ExecuteError::ViewKey).
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use order::*;
    /// # use cqrs_core::prelude::*;
    /// # use cqrs_core::store::MemoryEventStore;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app = App::builder(MemoryEventStore::new())
    ///     .view_key("CUSTOMER_TOTALS", |event: &OrderCreated| [("customer_id", event.customer_id.as_str())])
    ///     .build()?;
    ///
    /// let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
    /// let error = app.execute(&order, CreateOrder { customer_id: String::new(), total: 1 }).await.unwrap_err();
    /// assert!(matches!(error, ExecuteError::ViewKey(error) if error.part == Some("customer_id")));
    /// # Ok(())
    /// # }
    /// ```
    pub fn view_key<E: Event, const N: usize>(
        mut self,
        view: &'static str,
        texts: impl for<'e> Fn(&'e E) -> [(&'static str, &'e str); N] + Send + Sync + 'static,
    ) -> Self {
        let check = Arc::new(move |raw: &RawEvent<'_>, _: &Tenant| check_texts(view, raw, &texts));
        for name in EventId::of::<E>().names() {
            let check = Arc::clone(&check);
            let check: Box<CheckKey> = Box::new(move |raw, tenant| check(raw, tenant));
            self.view_keys.check_event(name, view, check);
        }
        self
    }
}
