use clap::Args;
use cqrs_core::inspect::{InspectError, Place, StreamAddress};
use cqrs_core::{App, Tenant};

/// Identifies a stream.
#[derive(Debug, Args)]
pub(super) struct Stream {
    /// The entity: see `entities`
    entity: String,
    /// The tenant
    tenant: String,
    /// The id: a text for each field of the key
    #[arg(required = true, value_name = "ID")]
    id: Vec<String>,
}

impl Stream {
    pub(super) fn address(&self, app: &App) -> Result<StreamAddress, InspectError> {
        let id: Vec<&str> = self.id.iter().map(String::as_str).collect();
        app.inspect().address(&self.entity, &self.tenant, &id)
    }
}

/// Reads a tenant.
pub(super) fn tenant(text: &str) -> Result<Tenant, InspectError> {
    Ok(Tenant::new(text)?)
}

/// A place for people: `ROOM HOTEL 101`, or the stored keys if no aggregate of this program reads the stream.
pub(super) fn shown(place: &Place) -> String {
    match (place.entity, &place.tenant, &place.id) {
        (Some(entity), Some(tenant), Some(id)) => format!("{entity} {tenant} {}", id.join(" ")),
        _ => format!("{} {}", place.pk, place.sk),
    }
}
