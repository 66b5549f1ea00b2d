const _: () = {
    struct Listed;
    impl ::cqrs_core::__private::ProvidedBy<Listed> for ::cqrs_core::App {}
    impl ::cqrs_core::__private::ProvidedBy<Listed> for OrderCreatedHandler {}
    impl ::cqrs_core::__private::ProvidedBy<Listed> for Mailer {}
    type Handler0 = OrderCreatedHandler;
    type Handler1 = mail::__function_with_event_handler_attribute_tell_customer;
    const APPLIED: &[&[::cqrs_core::__private::EventId]] = &[
        &::cqrs_core::__private::applied::<
            _,
            { ::cqrs_core::__private::listed_aggregate::<Order>().len() },
        >(::cqrs_core::__private::listed_aggregate::<Order>()),
        &::cqrs_core::__private::applied::<
            _,
            { ::cqrs_core::__private::listed_aggregate::<shop::Account>().len() },
        >(::cqrs_core::__private::listed_aggregate::<shop::Account>()),
    ];
    const TAKEN: &[&[::cqrs_core::__private::EventId]] = &[
        &::cqrs_core::__private::projected::<
            _,
            { ::cqrs_core::__private::listed_projection::<OrderSummary>().len() },
        >(::cqrs_core::__private::listed_projection::<OrderSummary>()),
        &::cqrs_core::__private::handled::<
            { ::cqrs_core::__private::listed_handler::<Handler0, Listed, _, _>().len() },
        >(::cqrs_core::__private::listed_handler::<Handler0, Listed, _, _>()),
        &::cqrs_core::__private::handled::<
            { ::cqrs_core::__private::listed_handler::<Handler1, Listed, _, _>().len() },
        >(::cqrs_core::__private::listed_handler::<Handler1, Listed, _, _>()),
    ];
    const _: () = if let ::core::option::Option::Some(message) = ::cqrs_core::__private::unreached(
        ::cqrs_core::__private::listed_aggregate::<Order>(),
        TAKEN,
    ) {
        ::core::panic!("{}", message.text())
    };
    const _: () = if let ::core::option::Option::Some(message) = ::cqrs_core::__private::unreached(
        ::cqrs_core::__private::listed_aggregate::<shop::Account>(),
        TAKEN,
    ) {
        ::core::panic!("{}", message.text())
    };
    const _: () = if let ::core::option::Option::Some(message) = ::cqrs_core::__private::not_applied(
        TAKEN[0usize],
        APPLIED,
    ) {
        ::core::panic!("{}", message.text())
    };
    const _: () = if let ::core::option::Option::Some(message) = ::cqrs_core::__private::not_applied(
        TAKEN[1usize],
        APPLIED,
    ) {
        ::core::panic!("{}", message.text())
    };
    const _: () = if let ::core::option::Option::Some(message) = ::cqrs_core::__private::not_applied(
        TAKEN[2usize],
        APPLIED,
    ) {
        ::core::panic!("{}", message.text())
    };
};
#[cfg(test)]
#[test]
fn app_lists_all_that_is_linked() {
    ::cqrs_core::testing::WiringProof::new()
        .provides::<OrderCreatedHandler>()
        .provides::<Mailer>()
        .lists(
            &[
                <Order as ::cqrs_core::__private::Entity>::NAME,
                <shop::Account as ::cqrs_core::__private::Entity>::NAME,
            ],
            &[<OrderSummary as ::cqrs_core::__private::View>::NAME],
            &[
                ::cqrs_core::__private::handler_name::<OrderCreatedHandler, _, _>(),
                ::cqrs_core::__private::handler_name::<
                    mail::__function_with_event_handler_attribute_tell_customer,
                    _,
                    _,
                >(),
            ],
        )
        .assert();
}
const _: () = {
    struct Listed;
    impl ::cqrs_core::__private::ProvidedBy<Listed> for ::cqrs_core::App {}
    const APPLIED: &[&[::cqrs_core::__private::EventId]] = &[
        &::cqrs_core::__private::applied::<
            _,
            { ::cqrs_core::__private::listed_aggregate::<Order>().len() },
        >(::cqrs_core::__private::listed_aggregate::<Order>()),
    ];
    const TAKEN: &[&[::cqrs_core::__private::EventId]] = &[
        &::cqrs_core::__private::processed::<
            _,
            { ::cqrs_core::__private::listed_process::<Booking>().len() },
        >(::cqrs_core::__private::listed_process::<Booking>()),
    ];
    const _: () = if let ::core::option::Option::Some(message) = ::cqrs_core::__private::unreached(
        ::cqrs_core::__private::listed_aggregate::<Order>(),
        TAKEN,
    ) {
        ::core::panic!("{}", message.text())
    };
    const _: () = if let ::core::option::Option::Some(message) = ::cqrs_core::__private::not_applied(
        TAKEN[0usize],
        APPLIED,
    ) {
        ::core::panic!("{}", message.text())
    };
};
#[cfg(test)]
#[test]
fn app_lists_all_that_is_linked() {
    ::cqrs_core::testing::WiringProof::new()
        .lists(&[<Order as ::cqrs_core::__private::Entity>::NAME], &[], &[])
        .lists_processes(&[<Booking as ::cqrs_core::__private::ProcessState>::NAME])
        .assert();
}
