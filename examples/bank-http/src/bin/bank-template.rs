//! Prints the template that deploys `bank-function` behind an HTTP API.

use bank_http as _;
use cqrs_core::App;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_dynamo::template::{Http, Template};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The wiring is the same on every store.
    let app = App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).build()?;
    let template = Template::of(app.wiring()).prefix("bank-").commands("bank-function").http(Http::Api);
    println!("{}", template.projections("bank-projections").timers("bank-timers").to_json()?);
    Ok(())
}
