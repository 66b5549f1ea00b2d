#[derive(
    ::cqrs_core::__private::serde::Serialize,
    ::cqrs_core::__private::serde::Deserialize
)]
#[serde(crate = "::cqrs_core::__private::serde", rename_all = "camelCase")]
#[derive(Default)]
pub struct OrderSummary {
    customer_id: String,
    ordered_at: Option<Timestamp>,
    total: u64,
}
#[automatically_derived]
impl ::cqrs_core::__private::View for OrderSummary {
    const NAME: &'static str = "OrderSummary";
    const VIEW: &'static str = "ORDER_SUMMARY";
    const SHAPE: u64 = {
        #[allow(unused_imports)]
        use ::cqrs_core::__private::Unshaped as _;
        ::cqrs_core::__private::view_shape(
            12662019852410265399u64,
            &[
                ::cqrs_core::__private::ShapeOf::<String>::VALUE,
                ::cqrs_core::__private::ShapeOf::<Option<Timestamp>>::VALUE,
                ::cqrs_core::__private::ShapeOf::<u64>::VALUE,
            ],
        )
    };
    const DATA: ::cqrs_core::__private::Shape = {
        #[allow(unused_imports)]
        use ::cqrs_core::__private::Unshaped as _;
        ::cqrs_core::__private::Shape::Record(
            &[
                ::cqrs_core::__private::Field::known(
                    "customerId",
                    ::cqrs_core::__private::known_shape(
                        ::cqrs_core::__private::ShapeOf::<String>::SHAPE,
                        "String",
                    ),
                    ::cqrs_core::__private::ShapeOf::<String>::MAY_MISS,
                ),
                ::cqrs_core::__private::Field::known(
                    "orderedAt",
                    ::cqrs_core::__private::known_shape(
                        ::cqrs_core::__private::ShapeOf::<Option<Timestamp>>::SHAPE,
                        "Option<Timestamp>",
                    ),
                    ::cqrs_core::__private::ShapeOf::<Option<Timestamp>>::MAY_MISS,
                ),
                ::cqrs_core::__private::Field::known(
                    "total",
                    ::cqrs_core::__private::known_shape(
                        ::cqrs_core::__private::ShapeOf::<u64>::SHAPE,
                        "u64",
                    ),
                    ::cqrs_core::__private::ShapeOf::<u64>::MAY_MISS,
                ),
            ],
        )
    };
    const INDEXES: &'static [::cqrs_core::__private::Index<Self>] = &[
        ::cqrs_core::__private::Index::new(
            "by_customer",
            &[
                ::cqrs_core::__private::Column::of::<
                    String,
                >("customer_id", |view| &view.customer_id),
                ::cqrs_core::__private::Column::of::<
                    Option<Timestamp>,
                >("ordered_at", |view| &view.ordered_at),
            ],
        ),
    ];
    type Key = <Order as ::cqrs_core::__private::Entity>::Key;
}
#[automatically_derived]
impl ::cqrs_core::__private::ViewOf<Order> for OrderSummary {}
/// A list of [`OrderSummary`] views, from `App::query`.
#[must_use = "a query is sent when it is awaited"]
pub struct OrderSummaryQuery<'a, __Stage = ::cqrs_core::__private::Whole>(
    ::cqrs_core::__private::Query<'a, OrderSummary>,
    ::core::marker::PhantomData<fn() -> __Stage>,
);
#[automatically_derived]
impl ::cqrs_core::__private::Queried for OrderSummary {
    type Query<'a> = OrderSummaryQuery<'a>;
}
#[automatically_derived]
impl<'a> ::core::convert::From<::cqrs_core::__private::Query<'a, OrderSummary>>
for OrderSummaryQuery<'a> {
    fn from(query: ::cqrs_core::__private::Query<'a, OrderSummary>) -> Self {
        Self(query, ::core::marker::PhantomData)
    }
}
#[automatically_derived]
#[allow(dead_code, private_bounds, private_interfaces, unreachable_pub)]
impl<'a> OrderSummaryQuery<'a> {
    /// Lists by the key of the views: those whose key begins with the fields that follow.
    pub fn by_key(self) -> OrderSummaryQuery<'a, ::cqrs_core::__private::At<0, 0>> {
        OrderSummaryQuery(self.0, ::core::marker::PhantomData)
    }
    /// Lists by the index `by_customer`: the views with this `customer_id`.
    pub fn by_customer(
        self,
        customer_id: impl ::cqrs_core::__private::FieldValue<String>,
    ) -> OrderSummaryQuery<'a, ::cqrs_core::__private::At<1usize, 1>> {
        OrderSummaryQuery(
            self.0.by_index(0usize, customer_id),
            ::core::marker::PhantomData,
        )
    }
}
#[automatically_derived]
#[allow(dead_code, private_bounds, private_interfaces, unreachable_pub)]
impl<'a> OrderSummaryQuery<'a, ::cqrs_core::__private::At<1usize, 1usize>> {
    /// Only those with this `ordered_at`.
    pub fn ordered_at<__Asked: ::cqrs_core::__private::Asked<Timestamp>>(
        self,
        ordered_at: __Asked,
    ) -> OrderSummaryQuery<
        'a,
        <__Asked as ::cqrs_core::__private::Asked<
            Timestamp,
        >>::Then<::cqrs_core::__private::At<1usize, 2usize>>,
    > {
        OrderSummaryQuery(self.0.field(ordered_at), ::core::marker::PhantomData)
    }
}
#[automatically_derived]
#[allow(dead_code, unreachable_pub)]
impl<'a, __Stage> OrderSummaryQuery<'a, __Stage> {
    /// Lists from the last to the first.
    pub fn descending(self) -> Self {
        Self(self.0.descending(), self.1)
    }
    /// The most views on the page. Default 100.
    pub fn limit(self, limit: u32) -> Self {
        Self(self.0.limit(limit), self.1)
    }
    /// Waits until the views contain the commit of a token, and the index shows it.
    pub fn at_least(
        self,
        token: impl ::core::convert::Into<::cqrs_core::__private::CommitToken>,
    ) -> Self {
        Self(self.0.at_least(token), self.1)
    }
    /// The longest time that `at_least` waits.
    pub fn within(self, limit: ::cqrs_core::__private::Duration) -> Self {
        Self(self.0.within(limit), self.1)
    }
    /// The page after a cursor, which is the `next` of another page; `None` for the first page.
    pub fn after(self, cursor: impl ::cqrs_core::__private::IntoCursor) -> Self {
        Self(self.0.after(cursor), self.1)
    }
}
#[automatically_derived]
impl<'a, __Stage> ::core::future::IntoFuture for OrderSummaryQuery<'a, __Stage> {
    type Output = ::core::result::Result<
        ::cqrs_core::__private::Page<OrderSummary>,
        ::cqrs_core::__private::QueryError,
    >;
    type IntoFuture = ::cqrs_core::__private::Querying<'a, OrderSummary>;
    fn into_future(self) -> Self::IntoFuture {
        self.0.run()
    }
}
impl OrderSummary {
    fn created(&mut self, event: &OrderCreated) {
        self.total = event.total;
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::Projection for OrderSummary {
    const ARMS: &'static [::cqrs_core::__private::ProjectionArm<Self>] = &[
        ::cqrs_core::__private::ProjectionArm::at_aggregate(
            ::cqrs_core::__private::own_event::<OrderCreated, Order>(),
            |view, raw| {
                let recorded = ::cqrs_core::__private::decode::<OrderCreated>(raw)?;
                ::core::result::Result::Ok(
                    ::core::convert::From::from(Self::created(view, recorded.event())),
                )
            },
        ),
    ];
    const KEYED: bool = false;
    const FOLD: u64 = 9792460274574933429u64;
}
const _: () = ::cqrs_core::__private::assert_view_of::<OrderSummary, Order>();
::cqrs_core::__private::inventory::submit! {
    ::cqrs_core::__private::ProjectionRow::of:: < OrderSummary > (::core::file!(),
    ::core::line!()).module(::core::module_path!())
}
::cqrs_core::__private::inspected_projection! {
    OrderSummary
}
#[derive(
    ::cqrs_core::__private::serde::Serialize,
    ::cqrs_core::__private::serde::Deserialize
)]
#[serde(crate = "::cqrs_core::__private::serde", rename_all = "camelCase")]
#[derive(Default)]
pub struct CustomerTotals {
    total: u64,
}
/// The key of one [`CustomerTotals`].
#[derive(::core::clone::Clone)]
pub struct CustomerTotalsKey {
    tenant: ::cqrs_core::__private::Tenant,
    customer_id: String,
}
#[automatically_derived]
#[allow(dead_code, unreachable_pub)]
impl CustomerTotalsKey {
    /// The key of one instance, of one tenant.
    #[must_use]
    pub fn new(
        tenant: &::cqrs_core::__private::Tenant,
        customer_id: impl ::core::convert::Into<String>,
    ) -> Self {
        Self {
            tenant: ::core::clone::Clone::clone(tenant),
            customer_id: ::core::convert::Into::into(customer_id),
        }
    }
    /// Whose data it addresses.
    #[must_use]
    pub fn tenant(&self) -> &::cqrs_core::__private::Tenant {
        &self.tenant
    }
    /// The key's `customer_id`.
    #[must_use]
    pub fn customer_id(&self) -> &String {
        &self.customer_id
    }
}
#[automatically_derived]
impl ::core::cmp::PartialEq for CustomerTotalsKey {
    fn eq(&self, other: &Self) -> bool {
        ::cqrs_core::__private::same_address(self, other)
    }
}
#[automatically_derived]
impl ::core::cmp::Eq for CustomerTotalsKey {}
#[automatically_derived]
impl ::core::hash::Hash for CustomerTotalsKey {
    fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
        ::cqrs_core::__private::hash_address(self, state);
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for CustomerTotalsKey {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::cqrs_core::__private::debug_address("CustomerTotalsKey", self, f)
    }
}
#[automatically_derived]
impl<E> ::cqrs_core::__private::FoldKey<Self, E> for CustomerTotalsKey {
    fn fold_key(
        view: &Self,
        _: &::cqrs_core::__private::RawEvent<'_>,
    ) -> ::core::result::Result<Self, ::cqrs_core::__private::DecodeError> {
        ::core::result::Result::Ok(::core::clone::Clone::clone(view))
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::ViewAddress for CustomerTotalsKey {
    const PARTS: &'static [&'static str] = &["customer_id"];
    fn view_tenant(&self) -> &::cqrs_core::__private::Tenant {
        &self.tenant
    }
    fn view_id(
        &self,
    ) -> ::core::result::Result<
        ::cqrs_core::__private::String,
        ::cqrs_core::__private::KeyError,
    > {
        ::cqrs_core::__private::render_view_id(&[("customer_id", &self.customer_id)])
    }
    fn from_view_parts(
        tenant: ::cqrs_core::__private::Tenant,
        parts: &::cqrs_core::__private::Parts<'_>,
    ) -> ::core::result::Result<Self, ::cqrs_core::__private::KeyError> {
        ::core::result::Result::Ok(Self {
            tenant,
            customer_id: parts.field::<String>(0usize)?,
        })
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::View for CustomerTotals {
    const NAME: &'static str = "CustomerTotals";
    const VIEW: &'static str = "TOTALS";
    const QUEUE: ::core::option::Option<&'static str> = ::core::option::Option::Some(
        "totals",
    );
    const SHAPE: u64 = {
        #[allow(unused_imports)]
        use ::cqrs_core::__private::Unshaped as _;
        ::cqrs_core::__private::view_shape(
            3275984459899909029u64,
            &[::cqrs_core::__private::ShapeOf::<u64>::VALUE],
        )
    };
    const DATA: ::cqrs_core::__private::Shape = {
        #[allow(unused_imports)]
        use ::cqrs_core::__private::Unshaped as _;
        ::cqrs_core::__private::Shape::Record(
            &[
                ::cqrs_core::__private::Field::known(
                    "total",
                    ::cqrs_core::__private::known_shape(
                        ::cqrs_core::__private::ShapeOf::<u64>::SHAPE,
                        "u64",
                    ),
                    ::cqrs_core::__private::ShapeOf::<u64>::MAY_MISS,
                ),
            ],
        )
    };
    type Key = CustomerTotalsKey;
}
#[automatically_derived]
impl ::cqrs_core::__private::KeyedView for CustomerTotals {}
/// A list of [`CustomerTotals`] views, from `App::query`.
#[must_use = "a query is sent when it is awaited"]
pub struct CustomerTotalsQuery<'a, __Stage = ::cqrs_core::__private::Whole>(
    ::cqrs_core::__private::Query<'a, CustomerTotals>,
    ::core::marker::PhantomData<fn() -> __Stage>,
);
#[automatically_derived]
impl ::cqrs_core::__private::Queried for CustomerTotals {
    type Query<'a> = CustomerTotalsQuery<'a>;
}
#[automatically_derived]
impl<'a> ::core::convert::From<::cqrs_core::__private::Query<'a, CustomerTotals>>
for CustomerTotalsQuery<'a> {
    fn from(query: ::cqrs_core::__private::Query<'a, CustomerTotals>) -> Self {
        Self(query, ::core::marker::PhantomData)
    }
}
#[automatically_derived]
#[allow(dead_code, private_bounds, private_interfaces, unreachable_pub)]
impl<'a> CustomerTotalsQuery<'a> {
    /// Lists by the key of the views: those whose key begins with the fields that follow.
    pub fn by_key(self) -> CustomerTotalsQuery<'a, ::cqrs_core::__private::At<0, 0>> {
        CustomerTotalsQuery(self.0, ::core::marker::PhantomData)
    }
}
#[automatically_derived]
#[allow(dead_code, private_bounds, private_interfaces, unreachable_pub)]
impl<'a> CustomerTotalsQuery<'a, ::cqrs_core::__private::At<0, 0usize>> {
    /// Only those with this `customer_id`.
    pub fn customer_id<__Asked: ::cqrs_core::__private::AskedOfKey<String>>(
        self,
        customer_id: __Asked,
    ) -> CustomerTotalsQuery<
        'a,
        <__Asked as ::cqrs_core::__private::Asked<
            String,
        >>::Then<::cqrs_core::__private::At<0, 1usize>>,
    > {
        CustomerTotalsQuery(self.0.part(customer_id), ::core::marker::PhantomData)
    }
}
#[automatically_derived]
#[allow(dead_code, unreachable_pub)]
impl<'a, __Stage> CustomerTotalsQuery<'a, __Stage> {
    /// Lists from the last to the first.
    pub fn descending(self) -> Self {
        Self(self.0.descending(), self.1)
    }
    /// The most views on the page. Default 100.
    pub fn limit(self, limit: u32) -> Self {
        Self(self.0.limit(limit), self.1)
    }
    /// Waits until the views contain the commit of a token, and the index shows it.
    pub fn at_least(
        self,
        token: impl ::core::convert::Into<::cqrs_core::__private::CommitToken>,
    ) -> Self {
        Self(self.0.at_least(token), self.1)
    }
    /// The longest time that `at_least` waits.
    pub fn within(self, limit: ::cqrs_core::__private::Duration) -> Self {
        Self(self.0.within(limit), self.1)
    }
    /// The page after a cursor, which is the `next` of another page; `None` for the first page.
    pub fn after(self, cursor: impl ::cqrs_core::__private::IntoCursor) -> Self {
        Self(self.0.after(cursor), self.1)
    }
}
#[automatically_derived]
impl<'a, __Stage> ::core::future::IntoFuture for CustomerTotalsQuery<'a, __Stage> {
    type Output = ::core::result::Result<
        ::cqrs_core::__private::Page<CustomerTotals>,
        ::cqrs_core::__private::QueryError,
    >;
    type IntoFuture = ::cqrs_core::__private::Querying<'a, CustomerTotals>;
    fn into_future(self) -> Self::IntoFuture {
        self.0.run()
    }
}
impl CustomerTotals {
    fn created(&mut self, event: &OrderCreated) {
        self.total += event.total;
    }
    fn cancelled(&mut self, cancelled: &Recorded<OrderCancelled>) {
        self.total -= cancelled.total;
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::Projection for CustomerTotals {
    const ARMS: &'static [::cqrs_core::__private::ProjectionArm<Self>] = &[
        ::cqrs_core::__private::ProjectionArm::keyed(
            ::cqrs_core::__private::event_id::<OrderCreated, _>(),
            |raw, tenant| {
                let recorded = ::cqrs_core::__private::decode::<OrderCreated>(raw)?;
                ::core::result::Result::Ok(
                    ::cqrs_core::__private::one(
                        <<CustomerTotals as ::cqrs_core::__private::View>::Key>::new(
                            &tenant,
                            ::core::clone::Clone::clone(
                                &::cqrs_core::__private::with_field::<
                                    OrderCreated,
                                    {
                                        ::cqrs_core::__private::has_field::<
                                            OrderCreated,
                                        >("customer_id", "apply")
                                    },
                                >(recorded.event())
                                    .r#customer_id,
                            ),
                        ),
                    ),
                )
            },
            |view, raw, _| {
                let recorded = ::cqrs_core::__private::decode::<OrderCreated>(raw)?;
                ::core::result::Result::Ok(
                    ::core::convert::From::from(Self::created(view, recorded.event())),
                )
            },
        ),
        ::cqrs_core::__private::ProjectionArm::keyed(
            ::cqrs_core::__private::event_id::<OrderCancelled, _>(),
            |raw, tenant| {
                let recorded = ::cqrs_core::__private::decode::<OrderCancelled>(raw)?;
                let cancelled = &recorded;
                ::cqrs_core::__private::said_key(
                    raw,
                    || ::core::result::Result::Ok(
                        ::cqrs_core::__private::one(
                            <<CustomerTotals as ::cqrs_core::__private::View>::Key>::new(
                                &tenant,
                                cancelled.owner.clone(),
                            ),
                        ),
                    ),
                )
            },
            |view, raw, _| {
                let recorded = ::cqrs_core::__private::decode::<OrderCancelled>(raw)?;
                ::core::result::Result::Ok(
                    ::core::convert::From::from(Self::cancelled(view, &recorded)),
                )
            },
        ),
    ];
    const KEYED: bool = true;
    const FOLD: u64 = 12025471717752381309u64;
}
const _: () = if let ::core::option::Option::Some(message) = ::cqrs_core::__private::other_view_key::<
    CustomerTotals,
>(&["customer_id"]) {
    ::core::panic!("{}", message.text())
};
::cqrs_core::__private::inventory::submit! {
    ::cqrs_core::__private::ProjectionRow::of:: < CustomerTotals > (::core::file!(),
    ::core::line!()).module(::core::module_path!())
}
::cqrs_core::__private::inspected_projection! {
    CustomerTotals
}
