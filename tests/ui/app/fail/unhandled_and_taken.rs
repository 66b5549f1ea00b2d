use cqrs_core::prelude::*;

#[event(unhandled = "nobody asks")]
pub struct Counted;

#[aggregate(entity = "TILL")]
#[derive(Default)]
pub struct Till {}

#[aggregate]
impl Till {
    #[apply]
    fn counted(&mut self, _: &Counted) {}
}

#[event_handler(Counted)]
async fn count(_: &Counted) -> Result<(), HandlerError> {
    Ok(())
}

cqrs_core::app! {
    aggregates: [Till],
    handlers: [count],
}

fn main() {}
