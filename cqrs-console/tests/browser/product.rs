//! Products of Northwind, and their stock.

use std::convert::Infallible;

use cqrs_core::prelude::*;
use serde::Serialize;

#[event]
pub(crate) struct ProductListed {
    pub name: String,
    pub stock: u64,
}
#[event]
pub(crate) struct StockReserved {
    pub order: String,
    pub quantity: u64,
    pub left: u64,
}
#[event]
pub(crate) struct StockOrdered {
    pub quantity: u64,
}

pub(crate) struct ListProduct {
    pub name: String,
    pub stock: u64,
}
#[command]
pub(crate) struct ReserveStock {
    pub order: String,
    pub quantity: u64,
}
pub(crate) struct OrderStock {
    pub quantity: u64,
}

#[aggregate(entity = "PRODUCT", key(number: u32))]
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Product {
    pub name: String,
    pub stock: u64,
    pub ordered: u64,
}

#[aggregate]
impl Product {
    #[command]
    fn list(&self, command: &ListProduct) -> Result<ProductListed, Infallible> {
        Ok(ProductListed { name: command.name.clone(), stock: command.stock })
    }

    #[command]
    fn reserve(&self, command: &ReserveStock) -> Result<StockReserved, Infallible> {
        let ReserveStock { order, quantity } = command;
        let left = (self.stock + self.ordered).saturating_sub(*quantity);
        Ok(StockReserved { order: order.clone(), quantity: *quantity, left })
    }

    #[command]
    fn order(&self, command: &OrderStock) -> Result<StockOrdered, Infallible> {
        Ok(StockOrdered { quantity: command.quantity })
    }

    #[apply]
    fn listed(&mut self, event: &ProductListed) {
        self.name.clone_from(&event.name);
        self.stock = event.stock;
    }

    #[apply]
    fn reserved(&mut self, event: &StockReserved) {
        self.stock = event.left;
        self.ordered = 0;
    }

    #[apply]
    fn ordered(&mut self, event: &StockOrdered) {
        self.ordered += event.quantity;
    }
}
