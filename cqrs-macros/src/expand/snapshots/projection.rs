#[projection(Order, index(by_customer(customer_id, ordered_at)))]
#[derive(Default)]
pub struct OrderSummary {
    customer_id: String,
    ordered_at: Option<Timestamp>,
    total: u64,
}

#[projection(Order)]
impl OrderSummary {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.total = event.total;
    }
}

#[projection(key(customer_id: String), view = "TOTALS", queue = "totals")]
#[derive(Default)]
pub struct CustomerTotals {
    total: u64,
}

#[projection(key(customer_id))]
impl CustomerTotals {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.total += event.total;
    }

    #[apply(key(customer_id = cancelled.owner.clone()))]
    fn cancelled(&mut self, cancelled: &Recorded<OrderCancelled>) {
        self.total -= cancelled.total;
    }
}
