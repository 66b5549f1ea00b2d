mod inside {
    use cqrs_core::prelude::*;
    use cqrs_misuse::{Order, OrderCreated, OrderShipped};

    #[projection(Order)]
    #[derive(Default)]
    struct Summary {
        total: u64,
    }

    #[projection(Order)]
    impl Summary {
        #[apply]
        fn created(&mut self, event: &OrderCreated) {
            self.total = event.total;
        }
    }

    #[event_handler(OrderShipped)]
    async fn tell(_: &OrderShipped) -> Result<(), HandlerError> {
        Ok(())
    }
}

cqrs_core::app! {
    aggregates: [cqrs_misuse::Order],
    projections: [inside::Summary],
    handlers: [inside::tell],
}

fn main() {}
