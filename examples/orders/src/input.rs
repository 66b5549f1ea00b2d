//! Commands as JSON lines.

use cqrs_core::prelude::*;
use serde::Deserialize;

use crate::domain::Item;

/// One line: who wants what, when, on which order.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Whose data.
    pub tenant: String,
    /// Which order.
    pub order_id: String,
    /// When it happened.
    pub at: Timestamp,
    /// Who sent it.
    #[serde(default)]
    pub by: Option<String>,
    /// Its id; by default made of the order, the command and the time, so that a second run changes nothing.
    #[serde(default)]
    pub command_id: Option<String>,
    /// The version that its sender has seen, where that matters.
    #[serde(default)]
    pub expect_version: Option<u64>,
    /// What is wanted.
    #[serde(flatten)]
    pub wanted: Wanted,
}

/// What a line wants.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "command", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Wanted {
    /// Orders something.
    Create {
        /// Who orders.
        customer_id: String,
        /// What.
        items: Vec<Item>,
    },
    /// Hands the order to a carrier.
    Ship {
        /// Who carries it.
        carrier: String,
        /// The city it goes to.
        city: String,
        /// The country it goes to.
        country: String,
    },
    /// Calls the order off.
    Cancel {
        /// Why.
        reason: String,
    },
}

impl Wanted {
    /// The command's name in the file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Ship { .. } => "ship",
            Self::Cancel { .. } => "cancel",
        }
    }
}

impl Line {
    /// The id to execute it under.
    #[must_use]
    pub fn id(&self) -> String {
        match &self.command_id {
            Some(id) => id.clone(),
            None => format!("{} {} {}", self.wanted.name(), self.order_id, self.at),
        }
    }
}
