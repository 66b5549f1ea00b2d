#[derive(::cqrs_core::__private::EventData)]
#[derive(
    ::cqrs_core::__private::serde::Serialize,
    ::cqrs_core::__private::serde::Deserialize
)]
#[serde(crate = "::cqrs_core::__private::serde", rename_all = "camelCase")]
pub struct ReleaseRoom {
    pub reason: String,
}
#[automatically_derived]
impl ::cqrs_core::__private::Event for ReleaseRoom {
    const TYPE: &'static str = "ReleaseRoom";
    const SCHEMA: u32 = 1u32;
    const COMMAND: bool = true;
}
#[automatically_derived]
impl ::cqrs_core::__private::StoredCommand for ReleaseRoom {}
::cqrs_core::__private::inventory::submit! {
    ::cqrs_core::__private::CommandRow::of:: < ReleaseRoom > (::core::file!(),
    ::core::line!(), ::core::env!("CARGO_PKG_NAME")).module(::core::module_path!())
}
const _: () = {
    use ::cqrs_core::__private::check_way_back as __check_way_back;
    __check_way_back::<ReleaseRoom>()
};
pub struct CloseRoom;
#[automatically_derived]
impl ::cqrs_core::__private::Event for CloseRoom {
    const TYPE: &'static str = "CloseRoom";
    const SCHEMA: u32 = 1u32;
    const COMMAND: bool = true;
}
#[automatically_derived]
impl ::cqrs_core::__private::StoredCommand for CloseRoom {}
::cqrs_core::__private::inventory::submit! {
    ::cqrs_core::__private::CommandRow::of:: < CloseRoom > (::core::file!(),
    ::core::line!(), ::core::env!("CARGO_PKG_NAME")).module(::core::module_path!())
}
#[automatically_derived]
impl ::cqrs_core::__private::EventData for CloseRoom {
    const SHAPE: ::cqrs_core::__private::Shape = ::cqrs_core::__private::Shape::Record(
        &[],
    );
}
#[automatically_derived]
impl ::cqrs_core::__private::serde::Serialize for CloseRoom {
    fn serialize<S: ::cqrs_core::__private::serde::Serializer>(
        &self,
        serializer: S,
    ) -> ::core::result::Result<S::Ok, S::Error> {
        ::cqrs_core::__private::serialize_unit(serializer)
    }
}
#[automatically_derived]
impl<'de> ::cqrs_core::__private::serde::Deserialize<'de> for CloseRoom {
    fn deserialize<D: ::cqrs_core::__private::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::core::result::Result<Self, D::Error> {
        ::cqrs_core::__private::deserialize_unit(deserializer, CloseRoom)
    }
}
const _: () = {
    use ::cqrs_core::__private::check_way_back as __check_way_back;
    __check_way_back::<CloseRoom>()
};
#[derive(facade::cqrs::__private::EventData)]
#[event_data(crate = facade::cqrs)]
#[derive(
    facade::cqrs::__private::serde::Serialize,
    facade::cqrs::__private::serde::Deserialize
)]
#[serde(crate = "facade::cqrs::__private::serde", rename_all = "camelCase")]
pub struct Move {
    pub to: String,
}
#[automatically_derived]
impl facade::cqrs::__private::Event for Move {
    const TYPE: &'static str = "MoveGuest";
    const SCHEMA: u32 = 2u32;
    const ALIASES: &'static [&'static str] = &["TransferGuest"];
    const UPCASTER: facade::cqrs::__private::Upcaster<Self> = facade::cqrs::__private::Upcaster::typed::<
        MoveGuestV1,
    >();
    const COMMAND: bool = true;
}
#[automatically_derived]
impl facade::cqrs::__private::StoredCommand for Move {}
facade::cqrs::__private::inventory::submit! {
    facade::cqrs::__private::CommandRow::of:: < Move > (::core::file!(), ::core::line!(),
    ::core::env!("CARGO_PKG_NAME")).module(::core::module_path!())
}
const _: () = if let ::core::option::Option::Some(message) = facade::cqrs::__private::broken_step::<
    Move,
>() {
    ::core::panic!("{}", message.text())
};
const _: () = {
    use facade::cqrs::__private::check_way_back as __check_way_back;
    __check_way_back::<Move>()
};
