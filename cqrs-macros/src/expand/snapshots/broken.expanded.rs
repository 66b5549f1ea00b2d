#[derive(::cqrs_core::__private::EventData)]
#[derive(
    ::cqrs_core::__private::serde::Serialize,
    ::cqrs_core::__private::serde::Deserialize
)]
#[serde(crate = "::cqrs_core::__private::serde", rename_all = "camelCase")]
pub struct OrderCreated(String);
#[automatically_derived]
impl ::cqrs_core::__private::Event for OrderCreated {
    const TYPE: &'static str = "OrderCreated";
    const SCHEMA: u32 = 1u32;
    const FIELDS: ::core::option::Option<&'static [&'static str]> = ::core::option::Option::Some(
        &[],
    );
}
const _: () = {
    use ::cqrs_core::__private::check_way_back as __check_way_back;
    __check_way_back::<OrderCreated>()
};
::core::compile_error! {
    "unknown option `nam`, did you mean `name`? `#[event]` takes `name`, `alias`, `schema`, `widened`, `from`, `from_json`, `unhandled`, `crate`"
}
::core::compile_error! {
    "`#[event]` takes a struct with named fields, or without fields: what is stored needs a name"
}
::core::compile_error! {
    "schemas start at 1: `schema = 1` is the first shape of an event"
}
pub struct Order {}
/// The key of one [`Order`].
#[derive(::core::clone::Clone)]
pub struct OrderKey {
    tenant: ::cqrs_core::__private::Tenant,
    id: ::cqrs_core::__private::String,
}
#[automatically_derived]
#[allow(dead_code, unreachable_pub)]
impl OrderKey {
    /// The key of one instance, of one tenant.
    #[must_use]
    pub fn new(
        tenant: &::cqrs_core::__private::Tenant,
        id: impl ::core::convert::Into<::cqrs_core::__private::String>,
    ) -> Self {
        Self {
            tenant: ::core::clone::Clone::clone(tenant),
            id: ::core::convert::Into::into(id),
        }
    }
    /// Whose data it addresses.
    #[must_use]
    pub fn tenant(&self) -> &::cqrs_core::__private::Tenant {
        &self.tenant
    }
    /// The key's `id`.
    #[must_use]
    pub fn id(&self) -> &::cqrs_core::__private::String {
        &self.id
    }
}
#[automatically_derived]
impl ::core::cmp::PartialEq for OrderKey {
    fn eq(&self, other: &Self) -> bool {
        ::cqrs_core::__private::same_address(self, other)
    }
}
#[automatically_derived]
impl ::core::cmp::Eq for OrderKey {}
#[automatically_derived]
impl ::core::hash::Hash for OrderKey {
    fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
        ::cqrs_core::__private::hash_address(self, state);
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for OrderKey {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::cqrs_core::__private::debug_address("OrderKey", self, f)
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::AggregateKey for OrderKey {
    type Aggregate = Order;
    const TEMPLATE: ::cqrs_core::__private::KeyTemplate = ::cqrs_core::__private::KeyTemplate {
        pk: &[
            ::cqrs_core::__private::Piece::Tenant,
            ::cqrs_core::__private::Piece::Literal("#order"),
        ],
        sk: &[
            ::cqrs_core::__private::Piece::Literal("order#"),
            ::cqrs_core::__private::Piece::Field {
                name: "id",
                index: 0usize,
                width: 0usize,
            },
        ],
    };
    const FIELDS: &'static [&'static str] = &["id"];
    fn tenant(&self) -> &::cqrs_core::__private::Tenant {
        &self.tenant
    }
    fn render_field(
        &self,
        index: usize,
        width: usize,
        out: &mut ::cqrs_core::__private::String,
    ) {
        match index {
            0usize => ::cqrs_core::__private::KeyPart::render_part(&self.id, width, out),
            _ => {}
        }
    }
    fn from_parts(
        tenant: ::cqrs_core::__private::Tenant,
        parts: &::cqrs_core::__private::Parts<'_>,
    ) -> ::core::result::Result<Self, ::cqrs_core::__private::KeyError> {
        ::core::result::Result::Ok(Self {
            tenant,
            id: parts.field::<::cqrs_core::__private::String>(0usize)?,
        })
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::Entity for Order {
    const ENTITY: &'static str = "order";
    const NAME: &'static str = "Order";
    type Key = OrderKey;
    fn initial() -> Self {
        <Order as ::core::default::Default>::default()
    }
    #[allow(unused_imports)]
    fn copy(&self) -> ::core::option::Option<Self> {
        use ::cqrs_core::__private::{Copied as _, NotCopied as _};
        ::core::option::Option::Some(Self {})
    }
    ::cqrs_core::__private::shown! {}
}
::core::compile_error! {
    "an entity name is upper-case letters, digits, `_` and `-`, and starts with a letter, such as `ORDER`"
}
::core::compile_error! {
    "`{` is not closed: a placeholder is written `{field}`"
}
impl Order {
    async fn create(&mut self, command: CreateOrder) -> OrderCreated {
        OrderCreated(command.id)
    }
    fn created(&self, event: OrderCreated) {}
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
}
#[automatically_derived]
impl ::core::fmt::Debug for OrderEvent {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        match *self {
            OrderEvent::OrderCreated(ref event) => {
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
    ];
    const FOLD: u64 = 5491794310609959012u64;
    fn apply(&mut self, event: &Self::Event) {
        match *event {
            OrderEvent::OrderCreated(ref event) => {
                let _ = event;
            }
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
            >(
                number,
                data,
                |event| {
                    let _ = event;
                },
            );
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
#[allow(unused_variables, unused_imports)]
impl ::cqrs_core::__private::Decide<CreateOrder> for Order {
    type Rejection = ::core::convert::Infallible;
    fn decide(
        &self,
        command: &CreateOrder,
        context: &::cqrs_core::__private::CommandContext,
        events: &mut ::cqrs_core::__private::Vec<Self::Event>,
    ) -> ::core::result::Result<(), Self::Rejection> {
        loop {}
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
    CreateOrder > ::new()).arm()]) })
}
::core::compile_error! {
    "decisions do not wait; a `#[command]` method is `fn create(&self, command: CreateOrder) -> Result<…, …>`"
}
::core::compile_error! {
    "a command decides, and `#[apply]` changes the state; a `#[command]` method is `fn create(&self, command: CreateOrder) -> Result<…, …>`"
}
::core::compile_error! {
    "the state is changed in place; an `#[apply]` method is `fn created(&mut self, event: &OrderCreated)`"
}
::core::compile_error! {
    "events are borrowed; an `#[apply]` method is `fn created(&mut self, event: &OrderCreated)`"
}
::core::compile_error! {
    "a command that returns an event alone could never be rejected; a `#[command]` method is `fn create(&self, command: CreateOrder) -> Result<OrderCreated, …>`"
}
fn tell(event: OrderCreated) {}
::core::compile_error! {
    "expected an event type: `#[event_handler(OrderCreated)]`"
}
