#[event]
pub struct OrderCreated {
    pub customer_id: String,
}

#[event(name = "OrderClosed")]
pub struct ClosedV1;

#[event(name = "OrderClosed", alias = "OrderEnded", schema = 2, from = ClosedV1)]
pub struct Closed {
    pub reason: Option<String>,
}

#[event(schema = 3, from_json(2, upgrade), from_json(1, |data| data))]
pub struct Reopened {
    pub by: String,
}

#[event(crate = facade::cqrs)]
#[derive(Serialize, Deserialize)]
struct Own {
    text: String,
}

#[event(unhandled = "nobody asks")]
pub struct OrderArchived {
    pub by: String,
}

#[event]
pub struct OrderPaid {
    pub parts: Vec<Money>,
}
