#[aggregate]
impl Order {
    #[command]
    fn create(&self, command: CreateOrder) -> Result<OrderCreated, OrderError> {
        self.check(command)
    }

    #[command]
    fn cancel(&self, command: &CancelOrder, context: &CommandContext) -> Decision {
        self.decide(command, context)
    }

    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.total = event.total;
    }

    #[apply]
    fn cancelled(&mut self, _: &OrderCancelled) {}
}
