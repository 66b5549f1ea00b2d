use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(Order, name = "orders by number", view = "ORDERS")]
#[derive(Debug, Default)]
pub struct Summary {
    total: u64,
    version: u64,
}

#[projection(Order)]
impl Summary {
    #[apply]
    fn created(&mut self, event: &Recorded<OrderCreated>) {
        self.total = event.total;
        self.version = event.version().get();
    }

    fn helper(&self) -> u64 {
        self.total + self.version
    }

    #[apply]
    fn shipped(&mut self, _: &OrderShipped) {
        self.version = self.helper();
    }
}

#[projection(key(carrier: String, r#type: u8), queue = "Carriers_2-by-type")]
#[derive(Debug, Default)]
pub struct Carriers {
    orders: u64,
}

#[projection(key(carrier, r#type))]
impl Carriers {
    #[apply(key(carrier = event.customer_id.to_uppercase(), r#type = 1))]
    fn created(&mut self, event: &OrderCreated) {
        self.orders += event.total;
    }

    #[apply(key(carrier = shipped.tracking.clone(), r#type = u8::from(shipped.version().get() > 1)))]
    fn shipped(&mut self, shipped: &Recorded<OrderShipped>) {
        let _ = shipped;
        self.orders += 1;
    }
}

#[allow(dead_code)]
fn key() -> Result<CarriersKey, cqrs_core::KeyError> {
    Ok(CarriersKey::new(&Tenant::new("T")?, "DHL", 1))
}

fn main() {}
