#[event]
pub struct OrderCreated {
    pub customer_id: String,
}

#[event(name = "OrderClosed", schema = 2)]
pub struct Closed;

#[event(crate = facade::cqrs)]
#[derive(Serialize, Deserialize)]
struct Own {
    text: String,
}

#[event(unhandled = "nobody asks")]
pub struct OrderArchived {
    pub by: String,
}
