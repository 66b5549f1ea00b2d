app! {
    aggregates: [Order, shop::Account],
    projections: [OrderSummary],
    handlers: [OrderCreatedHandler, mail::tell_customer],
    provides: [OrderCreatedHandler, Mailer],
}

app! {
    aggregates: [Order],
    processes: [Booking],
}
