#[event(schema = 0, nam = "x")]
pub struct OrderCreated(String);

#[aggregate(entity = "order", sk = "{id")]
pub struct Order {}

#[aggregate]
impl Order {
    #[command]
    async fn create(&mut self, command: CreateOrder) -> OrderCreated {
        OrderCreated(command.id)
    }

    #[apply]
    fn created(&self, event: OrderCreated) {}
}

#[event_handler]
fn tell(event: OrderCreated) {}
