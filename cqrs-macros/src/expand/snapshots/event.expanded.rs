#[derive(::cqrs_core::__private::EventData)]
#[derive(
    ::cqrs_core::__private::serde::Serialize,
    ::cqrs_core::__private::serde::Deserialize
)]
#[serde(crate = "::cqrs_core::__private::serde", rename_all = "camelCase")]
pub struct OrderCreated {
    pub customer_id: String,
}
#[automatically_derived]
impl ::cqrs_core::__private::Event for OrderCreated {
    const TYPE: &'static str = "OrderCreated";
    const SCHEMA: u32 = 1u32;
    const FIELDS: ::core::option::Option<&'static [&'static str]> = ::core::option::Option::Some(
        &["customer_id"],
    );
}
const _: () = {
    use ::cqrs_core::__private::check_way_back as __check_way_back;
    __check_way_back::<OrderCreated>()
};
pub struct ClosedV1;
#[automatically_derived]
impl ::cqrs_core::__private::Event for ClosedV1 {
    const TYPE: &'static str = "OrderClosed";
    const SCHEMA: u32 = 1u32;
    const FIELDS: ::core::option::Option<&'static [&'static str]> = ::core::option::Option::Some(
        &[],
    );
}
#[automatically_derived]
impl ::cqrs_core::__private::EventData for ClosedV1 {
    const SHAPE: ::cqrs_core::__private::Shape = ::cqrs_core::__private::Shape::Record(
        &[],
    );
}
#[automatically_derived]
impl ::cqrs_core::__private::serde::Serialize for ClosedV1 {
    fn serialize<S: ::cqrs_core::__private::serde::Serializer>(
        &self,
        serializer: S,
    ) -> ::core::result::Result<S::Ok, S::Error> {
        ::cqrs_core::__private::serialize_unit(serializer)
    }
}
#[automatically_derived]
impl<'de> ::cqrs_core::__private::serde::Deserialize<'de> for ClosedV1 {
    fn deserialize<D: ::cqrs_core::__private::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::core::result::Result<Self, D::Error> {
        ::cqrs_core::__private::deserialize_unit(deserializer, ClosedV1)
    }
}
const _: () = {
    use ::cqrs_core::__private::check_way_back as __check_way_back;
    __check_way_back::<ClosedV1>()
};
#[derive(::cqrs_core::__private::EventData)]
#[derive(
    ::cqrs_core::__private::serde::Serialize,
    ::cqrs_core::__private::serde::Deserialize
)]
#[serde(crate = "::cqrs_core::__private::serde", rename_all = "camelCase")]
pub struct Closed {
    pub reason: Option<String>,
}
#[automatically_derived]
impl ::cqrs_core::__private::Event for Closed {
    const TYPE: &'static str = "OrderClosed";
    const SCHEMA: u32 = 2u32;
    const ALIASES: &'static [&'static str] = &["OrderEnded"];
    const UPCASTER: ::cqrs_core::__private::Upcaster<Self> = ::cqrs_core::__private::Upcaster::typed::<
        ClosedV1,
    >();
    const FIELDS: ::core::option::Option<&'static [&'static str]> = ::core::option::Option::Some(
        &["reason"],
    );
}
const _: () = if let ::core::option::Option::Some(message) = ::cqrs_core::__private::broken_step::<
    Closed,
>() {
    ::core::panic!("{}", message.text())
};
const _: () = {
    use ::cqrs_core::__private::check_way_back as __check_way_back;
    __check_way_back::<Closed>()
};
#[derive(::cqrs_core::__private::EventData)]
#[derive(
    ::cqrs_core::__private::serde::Serialize,
    ::cqrs_core::__private::serde::Deserialize
)]
#[serde(crate = "::cqrs_core::__private::serde", rename_all = "camelCase")]
pub struct Reopened {
    pub by: String,
}
#[automatically_derived]
impl ::cqrs_core::__private::Event for Reopened {
    const TYPE: &'static str = "Reopened";
    const SCHEMA: u32 = 3u32;
    const UPCASTER: ::cqrs_core::__private::Upcaster<Self> = ::cqrs_core::__private::Upcaster::json(
        &[
            ::cqrs_core::__private::JsonStep {
                from: 1u32,
                step: |data| {
                    use ::cqrs_core::__private::next_json as __next_json;
                    __next_json(|data| data, data)
                },
            },
            ::cqrs_core::__private::JsonStep {
                from: 2u32,
                step: |data| {
                    use ::cqrs_core::__private::next_json as __next_json;
                    __next_json(upgrade, data)
                },
            },
        ],
    );
    const FIELDS: ::core::option::Option<&'static [&'static str]> = ::core::option::Option::Some(
        &["by"],
    );
}
const _: () = {
    use ::cqrs_core::__private::check_way_back as __check_way_back;
    __check_way_back::<Reopened>()
};
#[derive(facade::cqrs::__private::EventData)]
#[event_data(crate = facade::cqrs)]
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Own {
    text: String,
}
#[automatically_derived]
impl facade::cqrs::__private::Event for Own {
    const TYPE: &'static str = "Own";
    const SCHEMA: u32 = 1u32;
    const FIELDS: ::core::option::Option<&'static [&'static str]> = ::core::option::Option::Some(
        &["text"],
    );
}
const _: () = {
    use facade::cqrs::__private::check_way_back as __check_way_back;
    __check_way_back::<Own>()
};
#[derive(::cqrs_core::__private::EventData)]
#[derive(
    ::cqrs_core::__private::serde::Serialize,
    ::cqrs_core::__private::serde::Deserialize
)]
#[serde(crate = "::cqrs_core::__private::serde", rename_all = "camelCase")]
pub struct OrderArchived {
    pub by: String,
}
#[automatically_derived]
impl ::cqrs_core::__private::Event for OrderArchived {
    const TYPE: &'static str = "OrderArchived";
    const SCHEMA: u32 = 1u32;
    const UNHANDLED: ::core::option::Option<&'static str> = ::core::option::Option::Some(
        "nobody asks",
    );
    const FIELDS: ::core::option::Option<&'static [&'static str]> = ::core::option::Option::Some(
        &["by"],
    );
}
const _: () = {
    use ::cqrs_core::__private::check_way_back as __check_way_back;
    __check_way_back::<OrderArchived>()
};
#[derive(::cqrs_core::__private::EventData)]
#[event_data(checked)]
#[derive(
    ::cqrs_core::__private::serde::Serialize,
    ::cqrs_core::__private::serde::Deserialize
)]
#[serde(
    crate = "::cqrs_core::__private::serde",
    rename_all = "camelCase",
    bound = "for<'__part> Money: ::cqrs_core::__private::Storable<'__part>"
)]
pub struct OrderPaid {
    pub parts: Vec<Money>,
}
#[automatically_derived]
impl ::cqrs_core::__private::Event for OrderPaid {
    const TYPE: &'static str = "OrderPaid";
    const SCHEMA: u32 = 1u32;
    const FIELDS: ::core::option::Option<&'static [&'static str]> = ::core::option::Option::Some(
        &["parts"],
    );
}
const _: () = {
    use ::cqrs_core::__private::check_way_back as __check_way_back;
    __check_way_back::<OrderPaid>()
};
