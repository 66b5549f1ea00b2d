//! Goods, and how they are listed.

use std::convert::Infallible;

use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EventData, IndexValue,
)]
#[serde(crate = "cqrs_core::serde")]
#[repr(u64)]
pub(crate) enum Level {
    #[default]
    Low,
    Middle = 1 << 40,
    High = u64::MAX,
}

#[derive(
    Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EventData, IndexValue,
)]
#[serde(crate = "cqrs_core::serde")]
pub(crate) struct Label(pub(crate) String);

/// All that a view is listed by.
#[event]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stocked {
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) label: Label,
    pub(crate) number: i32,
    pub(crate) size: u64,
    pub(crate) level: Level,
    pub(crate) when: Option<Timestamp>,
    pub(crate) open: bool,
}

#[event]
pub(crate) struct Gone;

#[derive(Clone)]
pub(crate) struct Stock(pub(crate) Stocked);
#[derive(Clone)]
pub(crate) struct Remove;

#[aggregate(entity = "GOOD")]
#[derive(Default)]
pub(crate) struct Good;

#[aggregate]
impl Good {
    #[command]
    fn stock(&self, command: Stock) -> Result<Stocked, Infallible> {
        Ok(command.0)
    }

    #[command]
    fn remove(&self, _: Remove) -> Result<Gone, Infallible> {
        Ok(Gone)
    }

    #[apply]
    fn stocked(&mut self, _: &Stocked) {}

    #[apply]
    fn gone(&mut self, _: &Gone) {}
}

#[projection(
    Good,
    index(by_group(group, number)),
    index(by_label(label, level, when)),
    index(by_open(open, name)),
    index(by_when(when))
)]
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Listed {
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) label: Label,
    pub(crate) number: i32,
    pub(crate) level: Level,
    pub(crate) when: Option<Timestamp>,
    pub(crate) open: bool,
}

#[projection(Good)]
impl Listed {
    #[apply]
    fn stocked(&mut self, event: &Stocked) {
        let Stocked { group, name, label, number, level, when, open, .. } = event.clone();
        *self = Self { group, name, label, number, level, when, open };
    }

    #[apply]
    fn gone(&mut self, _: &Gone) -> ViewChange {
        ViewChange::Remove
    }
}

/// The names of a group, across goods.
#[projection(key(group: String, name: String), index(by_size(size, label)))]
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Named {
    pub(crate) size: u64,
    pub(crate) label: Label,
}

#[projection(key(group, name))]
impl Named {
    #[apply]
    fn stocked(&mut self, event: &Stocked) {
        self.size = event.size;
        self.label = event.label.clone();
    }
}

use cqrs_core::projection::ViewChange;

pub(crate) fn tenant(name: &str) -> Tenant {
    Tenant::new(name).unwrap()
}
