#[derive(Default)]
pub struct Order {
    open: bool,
}
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
            ::cqrs_core::__private::Piece::Literal("#ORDER"),
        ],
        sk: &[
            ::cqrs_core::__private::Piece::Literal("ORDER#"),
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
    const ENTITY: &'static str = "ORDER";
    const NAME: &'static str = "Order";
    type Key = OrderKey;
    fn initial() -> Self {
        <Order as ::core::default::Default>::default()
    }
    #[allow(unused_imports)]
    fn copy(&self) -> ::core::option::Option<Self> {
        use ::cqrs_core::__private::{Copied as _, NotCopied as _};
        ::core::option::Option::Some(Self {
            open: (&&::cqrs_core::__private::Part(&self.open)).copy()?,
        })
    }
    ::cqrs_core::__private::shown! {
        open "open",
    }
}
#[derive(Default)]
struct Invoice {}
/// The key of one [`Invoice`].
#[derive(::core::clone::Clone)]
struct InvoiceKey {
    tenant: ::cqrs_core::__private::Tenant,
    year: u16,
    number: u32,
}
#[automatically_derived]
#[allow(dead_code, unreachable_pub)]
impl InvoiceKey {
    /// The key of one instance, of one tenant.
    #[must_use]
    pub fn new(tenant: &::cqrs_core::__private::Tenant, year: u16, number: u32) -> Self {
        Self {
            tenant: ::core::clone::Clone::clone(tenant),
            year,
            number,
        }
    }
    /// Whose data it addresses.
    #[must_use]
    pub fn tenant(&self) -> &::cqrs_core::__private::Tenant {
        &self.tenant
    }
    /// The key's `year`.
    #[must_use]
    pub fn year(&self) -> u16 {
        self.year
    }
    /// The key's `number`.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }
}
#[automatically_derived]
impl ::core::cmp::PartialEq for InvoiceKey {
    fn eq(&self, other: &Self) -> bool {
        ::cqrs_core::__private::same_address(self, other)
    }
}
#[automatically_derived]
impl ::core::cmp::Eq for InvoiceKey {}
#[automatically_derived]
impl ::core::hash::Hash for InvoiceKey {
    fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
        ::cqrs_core::__private::hash_address(self, state);
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for InvoiceKey {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::cqrs_core::__private::debug_address("InvoiceKey", self, f)
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::AggregateKey for InvoiceKey {
    type Aggregate = Invoice;
    const TEMPLATE: ::cqrs_core::__private::KeyTemplate = ::cqrs_core::__private::KeyTemplate {
        pk: &[
            ::cqrs_core::__private::Piece::Tenant,
            ::cqrs_core::__private::Piece::Literal("#INVOICE"),
            ::cqrs_core::__private::Piece::Literal("#"),
            ::cqrs_core::__private::Piece::Shard {
                count: 16u16,
            },
        ],
        sk: &[
            ::cqrs_core::__private::Piece::Literal("INVOICE#"),
            ::cqrs_core::__private::Piece::Field {
                name: "year",
                index: 0usize,
                width: 0usize,
            },
            ::cqrs_core::__private::Piece::Literal("#"),
            ::cqrs_core::__private::Piece::Field {
                name: "number",
                index: 1usize,
                width: 6usize,
            },
        ],
    };
    const FIELDS: &'static [&'static str] = &["year", "number"];
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
                ::cqrs_core::__private::KeyPart::render_part(&self.year, width, out)
            }
            1usize => {
                ::cqrs_core::__private::KeyPart::render_part(&self.number, width, out)
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
            year: parts.field::<u16>(0usize)?,
            number: parts.field::<u32>(1usize)?,
        })
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::Entity for Invoice {
    const ENTITY: &'static str = "INVOICE";
    const NAME: &'static str = "Invoice";
    type Key = InvoiceKey;
    fn initial() -> Self {
        <Invoice as ::core::default::Default>::default()
    }
    #[allow(unused_imports)]
    fn copy(&self) -> ::core::option::Option<Self> {
        use ::cqrs_core::__private::{Copied as _, NotCopied as _};
        ::core::option::Option::Some(Self {})
    }
    ::cqrs_core::__private::shown! {}
}
#[derive(::cqrs_core::__private::EventData)]
#[derive(
    ::cqrs_core::__private::serde::Serialize,
    ::cqrs_core::__private::serde::Deserialize
)]
#[serde(crate = "::cqrs_core::__private::serde", rename_all = "camelCase")]
#[derive(Default)]
pub struct Cart {
    count: u64,
}
/// The key of one [`Cart`].
#[derive(::core::clone::Clone)]
pub struct CartKey {
    tenant: ::cqrs_core::__private::Tenant,
    id: ::cqrs_core::__private::String,
}
#[automatically_derived]
#[allow(dead_code, unreachable_pub)]
impl CartKey {
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
impl ::core::cmp::PartialEq for CartKey {
    fn eq(&self, other: &Self) -> bool {
        ::cqrs_core::__private::same_address(self, other)
    }
}
#[automatically_derived]
impl ::core::cmp::Eq for CartKey {}
#[automatically_derived]
impl ::core::hash::Hash for CartKey {
    fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
        ::cqrs_core::__private::hash_address(self, state);
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for CartKey {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::cqrs_core::__private::debug_address("CartKey", self, f)
    }
}
#[automatically_derived]
impl ::cqrs_core::__private::AggregateKey for CartKey {
    type Aggregate = Cart;
    const TEMPLATE: ::cqrs_core::__private::KeyTemplate = ::cqrs_core::__private::KeyTemplate {
        pk: &[
            ::cqrs_core::__private::Piece::Tenant,
            ::cqrs_core::__private::Piece::Literal("#CART"),
        ],
        sk: &[
            ::cqrs_core::__private::Piece::Literal("CART#"),
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
impl ::cqrs_core::__private::Entity for Cart {
    const ENTITY: &'static str = "CART";
    const NAME: &'static str = "Cart";
    type Key = CartKey;
    const SNAPSHOTS: ::core::option::Option<::cqrs_core::__private::Snapshots<Self>> = ::core::option::Option::Some(
        ::cqrs_core::__private::Snapshots::of(100u32, 6302822212885970881u64),
    );
    fn initial() -> Self {
        <Cart as ::core::default::Default>::default()
    }
    #[allow(unused_imports)]
    fn copy(&self) -> ::core::option::Option<Self> {
        use ::cqrs_core::__private::{Copied as _, NotCopied as _};
        ::core::option::Option::Some(Self {
            count: (&&::cqrs_core::__private::Part(&self.count)).copy()?,
        })
    }
    ::cqrs_core::__private::shown! {
        count "count",
    }
}
