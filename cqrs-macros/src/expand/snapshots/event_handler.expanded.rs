async fn tell_customer(
    event: &Recorded<OrderShipped>,
    mailer: &Mailer,
) -> Result<(), HandlerError> {
    mailer.send(&event.tracking).await
}
#[doc(hidden)]
#[allow(non_camel_case_types, dead_code, unreachable_pub)]
pub struct __function_with_event_handler_attribute_tell_customer;
const _: () = {
    const ARMS: &[::cqrs_core::__private::HandlerArm] = &[
        ::cqrs_core::__private::HandlerArm::new(
            ::cqrs_core::__private::event_id::<OrderShipped, _>(),
            |scope, raw| {
                ::std::boxed::Box::pin(async move {
                    let event = scope.decode::<OrderShipped>(raw)?;
                    let done: ::core::result::Result<
                        (),
                        ::cqrs_core::__private::HandlerError,
                    > = tell_customer(&event, scope.get::<Mailer>()?).await;
                    done
                })
            },
        ),
    ];
    const NEEDS: &[::cqrs_core::__private::Need] = &[
        ::cqrs_core::__private::Need::dependency::<Mailer>(),
    ];
    #[automatically_derived]
    impl ::cqrs_core::__private::EventHandler<(OrderShipped, ()), (Mailer, ())>
    for __function_with_event_handler_attribute_tell_customer {
        const NAME: &'static str = "tell_customer";
        const ARMS: &'static [::cqrs_core::__private::HandlerArm] = ARMS;
    }
    ::cqrs_core::__private::inventory::submit! {
        ::cqrs_core::__private::HandlerRow::new("tell_customer", ARMS, NEEDS,
        ::core::file!(), ::core::line!()).module(::core::module_path!())
    }
};
impl Audit {
    async fn created(&self, event: &OrderCreated) -> Result<(), HandlerError> {
        self.write(event.total)
    }
    async fn shipped(
        &self,
        event: &Recorded<OrderShipped>,
        app: &App,
    ) -> Result<(), HandlerError> {
        app.load(&event.key()?).await?;
        self.write(0)
    }
}
const _: () = {
    const ARMS: &[::cqrs_core::__private::HandlerArm] = &[
        ::cqrs_core::__private::HandlerArm::new(
            ::cqrs_core::__private::event_id::<OrderCreated, _>(),
            |scope, raw| {
                ::std::boxed::Box::pin(async move {
                    let event = scope.decode::<OrderCreated>(raw)?;
                    let done: ::core::result::Result<
                        (),
                        ::cqrs_core::__private::HandlerError,
                    > = <Audit>::created(scope.get::<Audit>()?, event.event()).await;
                    done
                })
            },
        ),
        ::cqrs_core::__private::HandlerArm::new(
            ::cqrs_core::__private::event_id::<OrderShipped, _>(),
            |scope, raw| {
                ::std::boxed::Box::pin(async move {
                    let event = scope.decode::<OrderShipped>(raw)?;
                    let done: ::core::result::Result<
                        (),
                        ::cqrs_core::__private::HandlerError,
                    > = <Audit>::shipped(
                            scope.get::<Audit>()?,
                            &event,
                            scope.get::<App>()?,
                        )
                        .await;
                    done
                })
            },
        ),
    ];
    const NEEDS: &[::cqrs_core::__private::Need] = &[
        ::cqrs_core::__private::Need::receiver::<Audit>(),
        ::cqrs_core::__private::Need::dependency::<App>(),
    ];
    #[automatically_derived]
    impl ::cqrs_core::__private::EventHandler<
        (OrderCreated, (OrderShipped, ())),
        (Audit, (App, ())),
    > for Audit {
        const NAME: &'static str = "audit";
        const ARMS: &'static [::cqrs_core::__private::HandlerArm] = ARMS;
    }
    ::cqrs_core::__private::inventory::submit! {
        ::cqrs_core::__private::HandlerRow::new("audit", ARMS, NEEDS, ::core::file!(),
        ::core::line!()).module(::core::module_path!())
    }
};
async fn welcome(event: &OrderCreated) -> Result<(), HandlerError> {
    Ok(())
}
#[doc(hidden)]
#[allow(non_camel_case_types, dead_code, unreachable_pub)]
pub struct __function_with_event_handler_attribute_welcome;
const _: () = {
    const ARMS: &[::cqrs_core::__private::HandlerArm] = &[
        ::cqrs_core::__private::HandlerArm::new(
            ::cqrs_core::__private::event_id::<OrderCreated, _>(),
            |scope, raw| {
                ::std::boxed::Box::pin(async move {
                    let event = scope.decode::<OrderCreated>(raw)?;
                    let done: ::core::result::Result<
                        (),
                        ::cqrs_core::__private::HandlerError,
                    > = welcome(event.event()).await;
                    done
                })
            },
        ),
    ];
    const NEEDS: &[::cqrs_core::__private::Need] = &[];
    #[automatically_derived]
    impl ::cqrs_core::__private::EventHandler<(OrderCreated, ()), ()>
    for __function_with_event_handler_attribute_welcome {
        const NAME: &'static str = "welcome";
        const ARMS: &'static [::cqrs_core::__private::HandlerArm] = ARMS;
    }
    ::cqrs_core::__private::inventory::submit! {
        ::cqrs_core::__private::HandlerRow::new("welcome", ARMS, NEEDS, ::core::file!(),
        ::core::line!()).module(::core::module_path!()).queue("mail").once()
        .concurrency(4usize)
        .retry(::cqrs_core::__private::OwnRetry::new(::core::option::Option::Some(8u32),
        ::core::option::Option::None, ::core::option::Option::Some(300000u64)))
    }
};
