impl Order {
    fn create(&self, command: CreateOrder) -> Result<OrderCreated, OrderError> {
        self.check(command)
    }
    fn cancel(&self, command: &CancelOrder, context: &CommandContext) -> Decision {
        self.decide(command, context)
    }
    fn created(&mut self, event: &OrderCreated) {
        self.total = event.total;
    }
    fn cancelled(&mut self, _: &OrderCancelled) {}
}
/// Every event of [`Order`].
#[allow(
    clippy::enum_variant_names,
    clippy::large_enum_variant,
    private_interfaces,
    unreachable_pub
)]
pub enum OrderEvent {
    /// A [`OrderCreated`].
    OrderCreated(OrderCreated),
    /// A [`OrderCancelled`].
    OrderCancelled(OrderCancelled),
}
#[automatically_derived]
impl ::core::fmt::Debug for OrderEvent {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        match *self {
            OrderEvent::OrderCreated(ref event) => {
                ::cqrs_core::__private::debug_event::<_, Order>(event, f)
            }
            OrderEvent::OrderCancelled(ref event) => {
                ::cqrs_core::__private::debug_event::<_, Order>(event, f)
            }
        }
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::IntoEvents<Order> for OrderEvent {
    fn into_events(self, events: &mut ::cqrs_core::__private::Vec<Self>) {
        events.push(self);
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::Aggregate for Order {
    type Event = OrderEvent;
    const EVENTS: &'static [::cqrs_core::__private::EventRow<Self::Event>] = &[
        ::cqrs_core::__private::EventRow::of::<OrderCreated, Order>(),
        ::cqrs_core::__private::EventRow::of::<OrderCancelled, Order>(),
    ];
    const FOLD: u64 = 9714809008210194392u64;
    fn apply(&mut self, event: &Self::Event) {
        match *event {
            OrderEvent::OrderCreated(ref event) => Self::created(self, event),
            OrderEvent::OrderCancelled(ref event) => Self::cancelled(self, event),
        }
    }
    #[inline]
    fn fold(
        &mut self,
        name: &str,
        number: ::cqrs_core::__private::SchemaNumber,
        data: ::cqrs_core::__private::Json,
    ) -> ::core::result::Result<(), ::cqrs_core::__private::String> {
        if ::cqrs_core::__private::is_stored_as::<OrderCreated, Self>(name) {
            return ::cqrs_core::__private::fold_event::<
                OrderCreated,
                Self,
            >(number, data, |event| Self::created(self, event));
        }
        if ::cqrs_core::__private::is_stored_as::<OrderCancelled, Self>(name) {
            return ::cqrs_core::__private::fold_event::<
                OrderCancelled,
                Self,
            >(number, data, |event| Self::cancelled(self, event));
        }
        ::core::result::Result::Err(::cqrs_core::__private::unapplied::<Self>())
    }
    fn encode(
        event: &Self::Event,
    ) -> ::core::result::Result<
        ::cqrs_core::__private::StoredEvent,
        ::cqrs_core::__private::EncodeError,
    > {
        match *event {
            OrderEvent::OrderCreated(ref event) => {
                ::cqrs_core::__private::encode_event::<_, Self>(event)
            }
            OrderEvent::OrderCancelled(ref event) => {
                ::cqrs_core::__private::encode_event::<_, Self>(event)
            }
        }
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::AggregateEvent<Order> for OrderCreated {}
const _: () = {
    use ::cqrs_core::__private::an_event_belongs_to_one_aggregate_so_give_each_aggregate_its_own_event as __one_aggregate;
    __one_aggregate::<OrderCreated, _>()
};
#[automatically_derived]
impl ::core::convert::From<OrderCreated> for OrderEvent {
    fn from(event: OrderCreated) -> Self {
        Self::OrderCreated(event)
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::IntoEvents<Order> for OrderCreated {
    fn into_events(self, events: &mut ::cqrs_core::__private::Vec<OrderEvent>) {
        events.push(OrderEvent::OrderCreated(self));
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::AggregateEvent<Order> for OrderCancelled {}
const _: () = {
    use ::cqrs_core::__private::an_event_belongs_to_one_aggregate_so_give_each_aggregate_its_own_event as __one_aggregate;
    __one_aggregate::<OrderCancelled, _>()
};
#[automatically_derived]
impl ::core::convert::From<OrderCancelled> for OrderEvent {
    fn from(event: OrderCancelled) -> Self {
        Self::OrderCancelled(event)
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::IntoEvents<Order> for OrderCancelled {
    fn into_events(self, events: &mut ::cqrs_core::__private::Vec<OrderEvent>) {
        events.push(OrderEvent::OrderCancelled(self));
    }
}
#[automatically_derived]
#[allow(unused_variables, unused_imports)]
impl ::cqrs_core::__private::Decide<CreateOrder> for Order {
    type Rejection = <Result<
        OrderCreated,
        OrderError,
    > as ::cqrs_core::__private::ResultType>::Error;
    fn decide(
        &self,
        command: &CreateOrder,
        context: &::cqrs_core::__private::CommandContext,
        events: &mut ::cqrs_core::__private::Vec<Self::Event>,
    ) -> ::core::result::Result<(), Self::Rejection> {
        let decided = ::cqrs_core::__private::ResultType::into_result(
            Self::create(self, ::cqrs_core::__private::clone_command(command)),
        )?;
        <OrderCreated as ::cqrs_core::__private::IntoEvents<
            Self,
        >>::into_events(decided, events);
        ::core::result::Result::Ok(())
    }
    fn command_name() -> &'static str {
        "CreateOrder"
    }
    fn digest(
        command: &CreateOrder,
    ) -> ::core::option::Option<::cqrs_core::__private::CommandDigest> {
        use ::cqrs_core::__private::{ByDebug as _, ByNothing as _, BySerde as _};
        (&&&::cqrs_core::__private::Content(command)).digest("CreateOrder")
    }
    fn find_error<'e>(
        error: &'e (dyn ::core::error::Error + 'static),
    ) -> ::core::option::Option<
        &'e ::cqrs_core::__private::ExecuteError<Self::Rejection>,
    > {
        use ::cqrs_core::__private::{AmongErrors as _, NotAmongErrors as _};
        (&&::cqrs_core::__private::Answer::<Self::Rejection>::new()).find(error)
    }
    fn error_text(
        answer: &::cqrs_core::__private::ExecuteError<Self::Rejection>,
    ) -> ::core::option::Option<::cqrs_core::__private::String> {
        use ::cqrs_core::__private::{AmongErrors as _, NotAmongErrors as _};
        (&&::cqrs_core::__private::Answer::<Self::Rejection>::new()).text(answer)
    }
}
#[automatically_derived]
#[allow(unused_variables, unused_imports)]
impl ::cqrs_core::__private::Decide<CancelOrder> for Order {
    type Rejection = <Decision as ::cqrs_core::__private::ResultType>::Error;
    fn decide(
        &self,
        command: &CancelOrder,
        context: &::cqrs_core::__private::CommandContext,
        events: &mut ::cqrs_core::__private::Vec<Self::Event>,
    ) -> ::core::result::Result<(), Self::Rejection> {
        let decided = ::cqrs_core::__private::ResultType::into_result(
            Self::cancel(self, command, context),
        )?;
        <<Decision as ::cqrs_core::__private::ResultType>::Value as ::cqrs_core::__private::IntoEvents<
            Self,
        >>::into_events(decided, events);
        ::core::result::Result::Ok(())
    }
    fn command_name() -> &'static str {
        "CancelOrder"
    }
    fn digest(
        command: &CancelOrder,
    ) -> ::core::option::Option<::cqrs_core::__private::CommandDigest> {
        use ::cqrs_core::__private::{ByDebug as _, ByNothing as _, BySerde as _};
        (&&&::cqrs_core::__private::Content(command)).digest("CancelOrder")
    }
    fn find_error<'e>(
        error: &'e (dyn ::core::error::Error + 'static),
    ) -> ::core::option::Option<
        &'e ::cqrs_core::__private::ExecuteError<Self::Rejection>,
    > {
        use ::cqrs_core::__private::{AmongErrors as _, NotAmongErrors as _};
        (&&::cqrs_core::__private::Answer::<Self::Rejection>::new()).find(error)
    }
    fn error_text(
        answer: &::cqrs_core::__private::ExecuteError<Self::Rejection>,
    ) -> ::core::option::Option<::cqrs_core::__private::String> {
        use ::cqrs_core::__private::{AmongErrors as _, NotAmongErrors as _};
        (&&::cqrs_core::__private::Answer::<Self::Rejection>::new()).text(answer)
    }
}
const _: () = if let ::core::option::Option::Some(message) = ::cqrs_core::__private::shared_name(
    <Order as ::cqrs_core::__private::Aggregate>::EVENTS,
) {
    ::core::panic!("{}", message.text())
};
::cqrs_core::__private::inventory::submit! {
    ::cqrs_core::__private::AggregateRow::of:: < Order > (::core::file!(),
    ::core::line!(), ::core::env!("CARGO_PKG_NAME")).module(::core::module_path!())
}
::cqrs_core::__private::inspected_stream! {
    Order
}
::cqrs_core::__private::inventory::submit! {
    ::cqrs_core::__private::StoredCommands::of:: < Order > (|| { #[allow(unused_imports)]
    use ::cqrs_core::__private:: { IsStored as _, NotStored as _ };
    ::core::convert::From::from([(&& ::cqrs_core::__private::Stored:: < Order,
    CreateOrder > ::new()).arm(), (&& ::cqrs_core::__private::Stored:: < Order,
    CancelOrder > ::new()).arm()]) })
}
