use std::borrow::Cow;

use uuid::Uuid;

/// The longest group id (Amazon SNS API Reference, `PublishBatchRequestEntry`).
const CHARACTERS: usize = 128;

/// The group of a tenant's messages on standard queues. With it SQS keeps the backlog of one tenant from delaying the others
/// (Amazon SQS Developer Guide, "Amazon SQS fair queues"). It is the tenant if that is a valid group id, and otherwise a digest
/// of it.
pub(super) fn of_tenant(tenant: &str) -> Cow<'_, str> {
    let fits = (1..=CHARACTERS).contains(&tenant.len());
    // Letters, digits and punctuation of ASCII.
    match fits && tenant.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Cow::Borrowed(tenant),
        false => Cow::Owned(Uuid::new_v5(&Uuid::NAMESPACE_OID, tenant.as_bytes()).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_its_own_group_where_a_group_may_be_called_so() {
        let longest = "T".repeat(128);
        for tenant in ["TENANT001", "a-b_c.d/e#f@g~", &longest] {
            assert_eq!(of_tenant(tenant), tenant);
        }
    }

    #[test]
    fn other_tenants_have_a_digest_each() {
        let long = "T".repeat(129);
        let tenants = ["", "東京", "two words", "tab\there", "ünder", &long];
        let groups: std::collections::HashSet<_> = tenants.iter().map(|tenant| of_tenant(tenant)).collect();
        assert_eq!(groups.len(), tenants.len());
        for group in groups {
            assert_eq!(group.len(), 36, "{group}");
            assert!(group.bytes().all(|byte| byte.is_ascii_graphic()));
        }
        assert_eq!(of_tenant("東京"), of_tenant("東京"));
    }
}
