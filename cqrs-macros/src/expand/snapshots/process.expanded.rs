#[derive(Clone, Default)]
pub struct Booking {
    paid: bool,
}
/// The key of one [`Booking`].
#[derive(::core::clone::Clone)]
pub struct BookingKey {
    tenant: ::cqrs_core::__private::Tenant,
    reservation: String,
}
#[automatically_derived]
#[allow(dead_code, unreachable_pub)]
impl BookingKey {
    /// The key of one instance, of one tenant.
    #[must_use]
    pub fn new(
        tenant: &::cqrs_core::__private::Tenant,
        reservation: impl ::core::convert::Into<String>,
    ) -> Self {
        Self {
            tenant: ::core::clone::Clone::clone(tenant),
            reservation: ::core::convert::Into::into(reservation),
        }
    }
    /// Whose data it addresses.
    #[must_use]
    pub fn tenant(&self) -> &::cqrs_core::__private::Tenant {
        &self.tenant
    }
    /// The key's `reservation`.
    #[must_use]
    pub fn reservation(&self) -> &String {
        &self.reservation
    }
}
#[automatically_derived]
impl ::core::cmp::PartialEq for BookingKey {
    fn eq(&self, other: &Self) -> bool {
        ::cqrs_core::__private::same_address(self, other)
    }
}
#[automatically_derived]
impl ::core::cmp::Eq for BookingKey {}
#[automatically_derived]
impl ::core::hash::Hash for BookingKey {
    fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
        ::cqrs_core::__private::hash_address(self, state);
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for BookingKey {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::cqrs_core::__private::debug_address("BookingKey", self, f)
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::AggregateKey for BookingKey {
    type Aggregate = ::cqrs_core::__private::Instance<Booking>;
    const TEMPLATE: ::cqrs_core::__private::KeyTemplate = ::cqrs_core::__private::KeyTemplate {
        pk: &[
            ::cqrs_core::__private::Piece::Tenant,
            ::cqrs_core::__private::Piece::Literal("#BOOKING"),
        ],
        sk: &[
            ::cqrs_core::__private::Piece::Literal("BOOKING#"),
            ::cqrs_core::__private::Piece::Field {
                name: "reservation",
                index: 0usize,
                width: 0usize,
            },
        ],
    };
    const FIELDS: &'static [&'static str] = &["reservation"];
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
            0usize => {
                ::cqrs_core::__private::KeyPart::render_part(
                    &self.reservation,
                    width,
                    out,
                )
            }
            _ => {}
        }
    }
    fn from_parts(
        tenant: ::cqrs_core::__private::Tenant,
        parts: &::cqrs_core::__private::Parts<'_>,
    ) -> ::core::result::Result<Self, ::cqrs_core::__private::KeyError> {
        ::core::result::Result::Ok(Self {
            tenant,
            reservation: parts.field::<String>(0usize)?,
        })
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::ProcessState for Booking {
    const NAME: &'static str = "Booking";
    const ENTITY: &'static str = "BOOKING";
    const STEP: &'static str = "BOOKING_STEP";
    type Key = BookingKey;
    fn initial() -> Self {
        <Booking as ::core::default::Default>::default()
    }
    ::cqrs_core::__private::shown! {
        paid "paid",
    }
}
impl Booking {
    fn paid(&mut self, _: &PaymentTaken) {
        self.paid = true;
    }
    fn on_held(&self, event: &RoomHeld, key: &BookingKey) -> Reaction {
        Reaction::new()
            .deadline(Self::unpaid, Duration::from_secs(15 * 60))
            .execute(
                &PaymentKey::new(key.tenant(), key.reservation()),
                TakePayment { cents: event.cents },
            )
    }
    fn on_paid(&self, _: &PaymentTaken) -> Reaction {
        Reaction::new().cancel(Self::unpaid).end()
    }
    fn unpaid(&self) -> Reaction {
        Reaction::new().end()
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::Process for Booking {
    const ARMS: &'static [::cqrs_core::__private::ProcessArm<Self>] = &[
        ::cqrs_core::__private::ProcessArm::new(
                ::cqrs_core::__private::event_id::<PaymentTaken, _>(),
                |raw, tenant| {
                    let recorded = ::cqrs_core::__private::decode::<PaymentTaken>(raw)?;
                    ::core::result::Result::Ok(
                        BookingKey::new(
                            &tenant,
                            ::core::clone::Clone::clone(
                                &::cqrs_core::__private::with_field::<
                                    PaymentTaken,
                                    {
                                        ::cqrs_core::__private::has_field::<
                                            PaymentTaken,
                                        >("reservation", "apply")
                                    },
                                >(recorded.event())
                                    .r#reservation,
                            ),
                        ),
                    )
                },
            )
            .apply(|process, raw| {
                let recorded = ::cqrs_core::__private::decode::<PaymentTaken>(raw)?;
                Self::paid(process, recorded.event());
                ::core::result::Result::Ok(())
            })
            .react(|process, raw, _key| {
                let recorded = ::cqrs_core::__private::decode::<PaymentTaken>(raw)?;
                ::core::result::Result::Ok(
                    ::cqrs_core::__private::reaction(
                        Self::on_paid(process, recorded.event()),
                    ),
                )
            }),
        ::cqrs_core::__private::ProcessArm::new(
                ::cqrs_core::__private::event_id::<RoomHeld, _>(),
                |raw, tenant| {
                    let recorded = ::cqrs_core::__private::decode::<RoomHeld>(raw)?;
                    ::core::result::Result::Ok(
                        BookingKey::new(
                            &tenant,
                            ::core::clone::Clone::clone(
                                &::cqrs_core::__private::with_field::<
                                    RoomHeld,
                                    {
                                        ::cqrs_core::__private::has_field::<
                                            RoomHeld,
                                        >("reservation", "react")
                                    },
                                >(recorded.event())
                                    .r#reservation,
                            ),
                        ),
                    )
                },
            )
            .react(|process, raw, key| {
                let recorded = ::cqrs_core::__private::decode::<RoomHeld>(raw)?;
                let key = <BookingKey as ::cqrs_core::__private::ReactionKey<
                    BookingKey,
                >>::reaction_key(key);
                ::core::result::Result::Ok(
                    ::cqrs_core::__private::reaction(
                        Self::on_held(process, recorded.event(), key),
                    ),
                )
            })
            .starts(),
    ];
    const DEADLINES: &'static [::cqrs_core::__private::DeadlineArm<Self>] = &[
        ::cqrs_core::__private::DeadlineArm::new(
            "unpaid",
            || ::cqrs_core::__private::method_id(&Self::unpaid),
            |process, _key| ::cqrs_core::__private::reaction(Self::unpaid(process)),
        ),
    ];
    const UNKNOWN: ::cqrs_core::__private::Unknown = ::cqrs_core::__private::Unknown::Skip;
    const FOLD: u64 = 7803999639296451629u64;
}
const _: () = if let ::core::option::Option::Some(message) = ::cqrs_core::__private::other_process_key::<
    Booking,
>(&["reservation"]) {
    ::core::panic!("{}", message.text())
};
const _: () = if let ::core::option::Option::Some(message) = ::cqrs_core::__private::shared_arm(
    <Booking as ::cqrs_core::__private::Process>::ARMS,
) {
    ::core::panic!("{}", message.text())
};
::cqrs_core::__private::inventory::submit! {
    ::cqrs_core::__private::AggregateRow::of:: < ::cqrs_core::__private::Instance <
    Booking >> (::core::file!(), ::core::line!(), ::core::env!("CARGO_PKG_NAME"))
    .module(::core::module_path!())
}
::cqrs_core::__private::inspected_stream! {
    ::cqrs_core::__private::Instance < Booking >
}
::cqrs_core::__private::inventory::submit! {
    ::cqrs_core::__private::ProcessRow::of:: < Booking > (::core::file!(),
    ::core::line!()).module(::core::module_path!())
}
#[derive(Clone, Default)]
struct Visit {}
/// The key of one [`Visit`].
#[derive(::core::clone::Clone)]
struct VisitKey {
    tenant: ::cqrs_core::__private::Tenant,
    floor: u8,
    guest: String,
}
#[automatically_derived]
#[allow(dead_code, unreachable_pub)]
impl VisitKey {
    /// The key of one instance, of one tenant.
    #[must_use]
    pub fn new(
        tenant: &::cqrs_core::__private::Tenant,
        floor: u8,
        guest: impl ::core::convert::Into<String>,
    ) -> Self {
        Self {
            tenant: ::core::clone::Clone::clone(tenant),
            floor,
            guest: ::core::convert::Into::into(guest),
        }
    }
    /// Whose data it addresses.
    #[must_use]
    pub fn tenant(&self) -> &::cqrs_core::__private::Tenant {
        &self.tenant
    }
    /// The key's `floor`.
    #[must_use]
    pub fn floor(&self) -> u8 {
        self.floor
    }
    /// The key's `guest`.
    #[must_use]
    pub fn guest(&self) -> &String {
        &self.guest
    }
}
#[automatically_derived]
impl ::core::cmp::PartialEq for VisitKey {
    fn eq(&self, other: &Self) -> bool {
        ::cqrs_core::__private::same_address(self, other)
    }
}
#[automatically_derived]
impl ::core::cmp::Eq for VisitKey {}
#[automatically_derived]
impl ::core::hash::Hash for VisitKey {
    fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
        ::cqrs_core::__private::hash_address(self, state);
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for VisitKey {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::cqrs_core::__private::debug_address("VisitKey", self, f)
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::AggregateKey for VisitKey {
    type Aggregate = ::cqrs_core::__private::Instance<Visit>;
    const TEMPLATE: ::cqrs_core::__private::KeyTemplate = ::cqrs_core::__private::KeyTemplate {
        pk: &[
            ::cqrs_core::__private::Piece::Tenant,
            ::cqrs_core::__private::Piece::Literal("#STAY"),
        ],
        sk: &[
            ::cqrs_core::__private::Piece::Literal("STAY#"),
            ::cqrs_core::__private::Piece::Field {
                name: "floor",
                index: 0usize,
                width: 0usize,
            },
            ::cqrs_core::__private::Piece::Literal("#"),
            ::cqrs_core::__private::Piece::Field {
                name: "guest",
                index: 1usize,
                width: 0usize,
            },
        ],
    };
    const FIELDS: &'static [&'static str] = &["floor", "guest"];
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
            0usize => {
                ::cqrs_core::__private::KeyPart::render_part(&self.floor, width, out)
            }
            1usize => {
                ::cqrs_core::__private::KeyPart::render_part(&self.guest, width, out)
            }
            _ => {}
        }
    }
    fn from_parts(
        tenant: ::cqrs_core::__private::Tenant,
        parts: &::cqrs_core::__private::Parts<'_>,
    ) -> ::core::result::Result<Self, ::cqrs_core::__private::KeyError> {
        ::core::result::Result::Ok(Self {
            tenant,
            floor: parts.field::<u8>(0usize)?,
            guest: parts.field::<String>(1usize)?,
        })
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::ProcessState for Visit {
    const NAME: &'static str = "Visit";
    const ENTITY: &'static str = "STAY";
    const STEP: &'static str = "STAY_STEP";
    const QUEUE: ::core::option::Option<&'static str> = ::core::option::Option::Some(
        "stays",
    );
    type Key = VisitKey;
    fn initial() -> Self {
        <Visit as ::core::default::Default>::default()
    }
    ::cqrs_core::__private::shown! {}
}
impl Visit {
    #[cfg(feature = "loud")]
    fn arrived(&mut self, _: &Arrived) {}
    fn on_arrived(&self, arrived: &Recorded<Arrived>) -> Reaction {
        Reaction::new().deadline(Visit::late, Duration::from_secs(1))
    }
    fn late(&self, key: &VisitKey) -> Reaction {
        Self::helper(key)
    }
    fn helper(_: &VisitKey) -> Reaction {
        Reaction::new()
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::Process for Visit {
    const ARMS: &'static [::cqrs_core::__private::ProcessArm<Self>] = &[
        {
            let arm = ::cqrs_core::__private::ProcessArm::new(
                ::cqrs_core::__private::event_id::<Arrived, _>(),
                |raw, tenant| {
                    let recorded = ::cqrs_core::__private::decode::<Arrived>(raw)?;
                    let arrived = &recorded;
                    ::cqrs_core::__private::said_key(
                        raw,
                        || ::core::result::Result::Ok(
                            VisitKey::new(
                                &tenant,
                                arrived.room.floor,
                                arrived.guest.id.clone(),
                            ),
                        ),
                    )
                },
            );
            #[cfg(feature = "loud")]
            let arm = arm
                .apply(|process, raw| {
                    let recorded = ::cqrs_core::__private::decode::<Arrived>(raw)?;
                    Self::arrived(process, recorded.event());
                    ::core::result::Result::Ok(())
                });
            let arm = arm
                .react(|process, raw, _key| {
                    let recorded = ::cqrs_core::__private::decode::<Arrived>(raw)?;
                    ::core::result::Result::Ok(
                        ::cqrs_core::__private::reaction(
                            Self::on_arrived(process, &recorded),
                        ),
                    )
                })
                .starts();
            arm
        },
    ];
    const DEADLINES: &'static [::cqrs_core::__private::DeadlineArm<Self>] = &[
        ::cqrs_core::__private::DeadlineArm::new(
            "late",
            || ::cqrs_core::__private::method_id(&Self::late),
            |process, key| {
                let key = <VisitKey as ::cqrs_core::__private::ReactionKey<
                    VisitKey,
                >>::reaction_key(key);
                ::cqrs_core::__private::reaction(Self::late(process, key))
            },
        ),
    ];
    const FOLD: u64 = 7403168047154475981u64;
}
const _: () = if let ::core::option::Option::Some(message) = ::cqrs_core::__private::other_process_key::<
    Visit,
>(&["floor", "guest"]) {
    ::core::panic!("{}", message.text())
};
const _: () = if let ::core::option::Option::Some(message) = ::cqrs_core::__private::shared_arm(
    <Visit as ::cqrs_core::__private::Process>::ARMS,
) {
    ::core::panic!("{}", message.text())
};
::cqrs_core::__private::inventory::submit! {
    ::cqrs_core::__private::AggregateRow::of:: < ::cqrs_core::__private::Instance < Visit
    >> (::core::file!(), ::core::line!(), ::core::env!("CARGO_PKG_NAME"))
    .module(::core::module_path!())
}
::cqrs_core::__private::inspected_stream! {
    ::cqrs_core::__private::Instance < Visit >
}
::cqrs_core::__private::inventory::submit! {
    ::cqrs_core::__private::ProcessRow::of:: < Visit > (::core::file!(), ::core::line!())
    .module(::core::module_path!())
}
