//! Typed addresses: tenant, entity and id, rendered to DynamoDB's two key attributes.
//!
//! [`#[aggregate]`](macro@crate::aggregate) writes a key per aggregate. Rendering is injective: every part is
//! percent-encoded for `%`, `#`, `@` and control characters, so any text is a legal id and no two keys render alike.

mod encoding;
mod error;
mod part;
mod stream_key;
mod template;
mod tenant;

pub use error::KeyError;
pub use part::KeyPart;
pub use stream_key::StreamKey;
#[doc(hidden)]
pub use template::Parts;
pub use template::{KeyTemplate, Piece};
pub use tenant::Tenant;

pub(crate) use encoding::{decode, encode_into};
pub(crate) use template::{extend_hash, malformed, render_shard, stable_hash};

/// DynamoDB's limit for a partition key value, in bytes
/// (Amazon DynamoDB Developer Guide, "Quotas", partition key values).
pub const MAX_PK_BYTES: usize = 2048;
/// DynamoDB's limit for a sort key value, in bytes (same page, sort key values).
pub const MAX_SK_BYTES: usize = 1024;
/// What a commit's sort key adds to its stream's: `@` and ten digits.
pub const VERSION_SUFFIX_BYTES: usize = 11;
