//! One command and its place.

use cqrs_core::command::{Command, Decide};
use cqrs_core::prelude::*;

use crate::domain::{CancelOrder, CreateOrder, Order, OrderError, OrderKey, ShipOrder};
use crate::input::{Line, LineError, Wanted};
use crate::outcome::Outcome;

/// One command and its place.
#[derive(Debug)]
pub struct Entry {
    /// The line's number, from 1.
    pub number: usize,
    /// The tenant of the order.
    pub tenant: Tenant,
    /// The order.
    pub key: OrderKey,
    /// The content of the line.
    pub line: Line,
}

impl Entry {
    /// Reads one line of a file.
    ///
    /// # Errors
    /// [`LineError`].
    pub fn parse(number: usize, line: &[u8]) -> Result<Self, LineError> {
        let line = Line::parse(line)?;
        let tenant = Tenant::new(line.tenant.as_str())?;
        let key = OrderKey::new(&tenant, line.order_id.as_str());
        // An id that cannot be a key is recognised here, before any line is executed.
        key.stream()?;
        Ok(Self { number, tenant, key, line })
    }

    /// Executes the command.
    ///
    /// # Errors
    /// Errors that are not an answer to the command: see [`Outcome::of`].
    pub async fn execute(&self, app: &App) -> Result<Outcome, ExecuteError<OrderError>> {
        match self.line.wanted.clone() {
            Wanted::Create { customer_id, items } => self.send(app, CreateOrder { customer_id, items }).await,
            Wanted::Ship { carrier, city, country } => {
                self.send(app, ShipOrder { carrier, destination: format!("{city}, {country}") }).await
            }
            Wanted::Cancel { reason } => self.send(app, CancelOrder { reason }).await,
        }
    }

    async fn send<C: Command>(&self, app: &App, command: C) -> Result<Outcome, ExecuteError<OrderError>>
    where
        Order: Decide<C, Rejection = OrderError>,
    {
        let line = &self.line;
        let mut execute = app.execute(&self.key, command).at(line.at).command_id(line.id());
        if let Some(who) = &line.by {
            execute = execute.by(who);
        }
        if let Some(version) = line.expect_version {
            execute = execute.expect_version(Version::new(version));
        }
        Outcome::of(execute.await)
    }
}
