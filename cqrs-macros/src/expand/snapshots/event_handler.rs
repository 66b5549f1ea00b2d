#[event_handler(OrderShipped)]
async fn tell_customer(event: &Recorded<OrderShipped>, mailer: &Mailer) -> Result<(), HandlerError> {
    mailer.send(&event.tracking).await
}

#[event_handler(OrderCreated, OrderShipped, name = "audit")]
impl Audit {
    async fn created(&self, event: &OrderCreated) -> Result<(), HandlerError> {
        self.write(event.total)
    }

    async fn shipped(&self, event: &Recorded<OrderShipped>, app: &App) -> Result<(), HandlerError> {
        app.load(&event.key()?).await?;
        self.write(0)
    }
}

#[event_handler(OrderCreated, once, queue = "mail", concurrency = 4, retry(attempts = 8, cap = "5m"))]
async fn welcome(event: &OrderCreated) -> Result<(), HandlerError> {
    Ok(())
}
