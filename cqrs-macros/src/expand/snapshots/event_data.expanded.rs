#[automatically_derived]
impl<T: ::cqrs_core::__private::EventData> ::cqrs_core::__private::EventData
for Item<T> {
    const SHAPE: ::cqrs_core::__private::Shape = ::cqrs_core::__private::Shape::Recursive(
        "Item",
        &::cqrs_core::__private::Shape::Lossy(
            &::cqrs_core::__private::Shape::Record(
                &[
                    ::cqrs_core::__private::Field::of::<String>("skuNumber"),
                    ::cqrs_core::__private::Field::of::<u32>("count|amount default"),
                    ::cqrs_core::__private::Field::new(
                        "id",
                        ::cqrs_core::__private::Shape::Example(
                            &::cqrs_core::__private::Shape::Opaque("Uuid"),
                            "\"67e55044-10b1-426f-9247-bb680e5fe0c8\"",
                        ),
                    ),
                    ::cqrs_core::__private::Field::of::<T>(".."),
                    ::cqrs_core::__private::Field::of::<
                        Vec<::cqrs_core::__private::Itself>,
                    >("parts"),
                ],
            ),
        ),
    );
}
#[automatically_derived]
impl ::cqrs_core::__private::EventData for Means {
    const SHAPE: ::cqrs_core::__private::Shape = ::cqrs_core::__private::Shape::Choice(
        "enum tag \"kind\" content \"data\"",
        &[
            ::cqrs_core::__private::Field::bare("cash"),
            ::cqrs_core::__private::Field::new(
                "credit-card",
                ::cqrs_core::__private::Shape::Record(
                    &[::cqrs_core::__private::Field::of::<String>("number")],
                ),
            ),
            ::cqrs_core::__private::Field::new(
                "voucher",
                ::cqrs_core::__private::Shape::Tuple(
                    &[
                        <String as ::cqrs_core::__private::EventData>::SHAPE,
                        <u64 as ::cqrs_core::__private::EventData>::SHAPE,
                    ],
                ),
            ),
            ::cqrs_core::__private::Field::of::<Email>("gift"),
        ],
    );
}
#[automatically_derived]
impl ::cqrs_core::__private::EventData for Email {
    const SHAPE: ::cqrs_core::__private::Shape = <String as ::cqrs_core::__private::EventData>::SHAPE;
}
