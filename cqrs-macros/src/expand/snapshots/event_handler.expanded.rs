async fn tell_customer(
    event: &Recorded<OrderShipped>,
    mailer: &Mailer,
) -> Result<(), HandlerError> {
    mailer.send(&event.tracking).await
}
const _: () = {
    const ARMS: &[::cqrs_core::__private::HandlerArm] = &[
        ::cqrs_core::__private::HandlerArm::new(
            ::cqrs_core::__private::event_id::<OrderShipped>(),
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
    ::cqrs_core::__private::inventory::submit! {
        ::cqrs_core::__private::HandlerRow::new("tell_customer", ARMS, NEEDS,
        ::core::file!(), ::core::line!())
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
            ::cqrs_core::__private::event_id::<OrderCreated>(),
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
            ::cqrs_core::__private::event_id::<OrderShipped>(),
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
    ::cqrs_core::__private::inventory::submit! {
        ::cqrs_core::__private::HandlerRow::new("audit", ARMS, NEEDS, ::core::file!(),
        ::core::line!())
    }
};
async fn welcome(event: &OrderCreated) -> Result<(), HandlerError> {
    Ok(())
}
const _: () = {
    const ARMS: &[::cqrs_core::__private::HandlerArm] = &[
        ::cqrs_core::__private::HandlerArm::new(
            ::cqrs_core::__private::event_id::<OrderCreated>(),
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
    ::cqrs_core::__private::inventory::submit! {
        ::cqrs_core::__private::HandlerRow::new("welcome", ARMS, NEEDS, ::core::file!(),
        ::core::line!()).queue("mail").once().concurrency(4usize)
    }
};
