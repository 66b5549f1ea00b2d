use cqrs_core::prelude::*;

#[event]
pub struct Opened;

#[aggregate(
    entity = "INVOICE",
    key(year: u16, r#type: String, number: u32),
    pk = "{tenant}#INVOICE#{year}",
    sk = "INVOICE#{type}#{number:06}"
)]
#[derive(Default)]
pub struct Invoice {}

#[aggregate]
impl Invoice {
    #[apply]
    fn opened(&mut self, _: &Opened) {}
}

#[aggregate(entity = "HOT", shards = 16)]
#[derive(Default)]
pub struct Hot {}

#[allow(dead_code)]
fn key() -> Result<(), cqrs_core::KeyError> {
    let key = InvoiceKey::new(&Tenant::new("T")?, 2026, "online", 7);
    let _: (u16, &String, u32, &Tenant) = (key.year(), key.r#type(), key.number(), key.tenant());
    let _ = HotKey::new(&Tenant::new("T")?, "1").id();
    Ok(())
}

fn main() {}
