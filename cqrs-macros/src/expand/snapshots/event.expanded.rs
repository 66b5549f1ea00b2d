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
}
pub struct Closed;
#[automatically_derived]
impl ::cqrs_core::__private::Event for Closed {
    const TYPE: &'static str = "OrderClosed";
    const SCHEMA: u32 = 2u32;
}
#[automatically_derived]
impl ::cqrs_core::__private::serde::Serialize for Closed {
    fn serialize<S: ::cqrs_core::__private::serde::Serializer>(
        &self,
        serializer: S,
    ) -> ::core::result::Result<S::Ok, S::Error> {
        ::cqrs_core::__private::serialize_unit(serializer)
    }
}
#[automatically_derived]
impl<'de> ::cqrs_core::__private::serde::Deserialize<'de> for Closed {
    fn deserialize<D: ::cqrs_core::__private::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::core::result::Result<Self, D::Error> {
        ::cqrs_core::__private::deserialize_unit(deserializer, Closed)
    }
}
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Own {
    text: String,
}
#[automatically_derived]
impl facade::cqrs::__private::Event for Own {
    const TYPE: &'static str = "Own";
    const SCHEMA: u32 = 1u32;
}
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
}
