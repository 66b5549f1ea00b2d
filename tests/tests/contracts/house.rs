//! A domain with a past: earlier schemas, a renamed event, names that other languages do not accept, and types of all
//! kinds.

use std::collections::BTreeMap;

use cqrs_core::Json;
use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

/// Contains itself.
#[derive(Debug, Clone, Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
pub(crate) struct Room {
    pub(crate) name: String,
    pub(crate) rooms: Vec<Room>,
}

#[derive(Debug, Clone, Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde", tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Heating {
    None,
    DistrictHeat {
        contract: String,
    },
    Boiler {
        #[serde(rename = "burns-what?")]
        fuel: String,
        litres: u64,
    },
    Both {
        first: Box<Heating>,
        second: Box<Heating>,
    },
}

/// Without `EventData`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(crate = "cqrs_core::serde")]
pub(crate) struct Unshaped {
    depth: u8,
}

#[event(name = "HouseBuilt")]
pub(crate) struct HouseBuiltV1 {
    pub(crate) rooms: u32,
}

#[event(schema = 2, from = HouseBuiltV1)]
#[derive(Debug, Clone)]
pub(crate) struct HouseBuilt {
    pub(crate) plan: Room,
    pub(crate) heating: Heating,
    pub(crate) cost: u64,
    pub(crate) owner: Option<String>,
}

/// Renamed, and with a schema that only a function knows.
#[event(name = "house.sold!", alias = "HouseGone", schema = 2, from_json(1, |data: Json| data))]
#[derive(Debug, Clone)]
pub(crate) struct HouseSold {
    pub(crate) price: i64,
    pub(crate) shares: BTreeMap<String, u8>,
}

impl From<HouseBuiltV1> for HouseBuilt {
    fn from(_: HouseBuiltV1) -> Self {
        let plan = Room { name: String::new(), rooms: Vec::new() };
        Self { plan, heating: Heating::None, cost: 0, owner: None }
    }
}

#[command]
#[derive(Debug, Clone)]
pub(crate) struct Sell {
    pub(crate) price: i64,
    pub(crate) reserved: Option<bool>,
}

#[aggregate(entity = "HOUSE")]
#[derive(Debug, Default)]
pub(crate) struct House {
    cost: u64,
}

#[aggregate]
impl House {
    #[command]
    fn sell(&self, command: Sell) -> Result<Option<HouseSold>, String> {
        let _ = command.reserved;
        Ok((self.cost > 0).then(|| HouseSold { price: command.price, shares: BTreeMap::new() }))
    }

    #[apply]
    fn built(&mut self, event: &HouseBuilt) {
        self.cost = event.cost;
    }

    #[apply]
    fn sold(&mut self, _: &HouseSold) {
        self.cost = 0;
    }
}

#[projection(House)]
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) asked_price: Option<i64>,
    pub(crate) heatings: Vec<Heating>,
    pub(crate) cellar: Unshaped,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

#[projection(House)]
impl Listing {
    #[apply]
    fn built(&mut self, event: &HouseBuilt) {
        self.heatings.push(event.heating.clone());
        self.cellar.depth = 1;
    }
}

/// Events as serde writes them.
pub(crate) fn built() -> Vec<HouseBuilt> {
    let room = |name: &str, rooms| Room { name: name.to_owned(), rooms };
    let plan = room("house", vec![room("hall", vec![room("niche", Vec::new())]), room("bath", Vec::new())]);
    let heatings = [
        Heating::None,
        Heating::DistrictHeat { contract: "4711".to_owned() },
        Heating::Both {
            first: Box::new(Heating::Boiler { fuel: "oil".to_owned(), litres: 9_007_199_254_740_991 }),
            second: Box::new(Heating::None),
        },
    ];
    let built = |heating| HouseBuilt { plan: plan.clone(), heating, cost: u64::MAX, owner: None };
    heatings.into_iter().map(built).collect()
}

pub(crate) fn sold() -> HouseSold {
    HouseSold { price: -1, shares: BTreeMap::from([("a b".to_owned(), 255)]) }
}

pub(crate) fn listing() -> Listing {
    Listing {
        asked_price: Some(i64::MIN),
        heatings: built().into_iter().map(|event| event.heating).collect(),
        cellar: Unshaped::default(),
        note: None,
    }
}
