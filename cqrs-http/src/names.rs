//! The names of a domain in URLs and in JSON.

/// `ORDER_SUMMARY`, `OrderSummary` and `order_summary` as `order-summary`.
pub(crate) fn kebab(name: &str) -> String {
    let mut kebab = String::with_capacity(name.len() + 4);
    let mut before = None::<char>;
    for character in name.chars() {
        if !character.is_ascii_alphanumeric() {
            if !kebab.is_empty() && !kebab.ends_with('-') {
                kebab.push('-');
            }
        } else {
            let begins = character.is_ascii_uppercase()
                && before.is_some_and(|before| before.is_ascii_lowercase() || before.is_ascii_digit());
            if begins {
                kebab.push('-');
            }
            kebab.push(character.to_ascii_lowercase());
        }
        before = Some(character);
    }
    kebab.trim_end_matches('-').to_owned()
}

/// `order-summary` as `order-summaries`.
pub(crate) fn plural(name: &str) -> String {
    match name.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if ["ss", "us", "x", "z", "ch", "sh"].iter().any(|end| name.ends_with(end)) => format!("{name}es"),
        // It is already plural, as `customer-totals`.
        _ if name.ends_with('s') => name.to_owned(),
        _ => format!("{name}s"),
    }
}

/// `customer_id` as `customerId`.
pub(crate) fn camel(name: &str) -> String {
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut characters = word.chars();
        camel.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        camel.extend(characters);
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_urls_and_of_json() {
        for (name, expected) in [
            ("ORDER_SUMMARY", "order-summary"),
            ("OrderSummary", "order-summary"),
            ("ACCOUNT", "account"),
            ("Deposit", "deposit"),
            ("Release room!", "release-room"),
            ("ORDER2", "order2"),
            ("注文", ""),
        ] {
            assert_eq!(kebab(name), expected);
        }
        let plurals = ["account", "order-summary", "day", "box", "branch", "status", "totals"].map(plural);
        assert_eq!(
            plurals,
            ["accounts", "order-summaries", "days", "boxes", "branches", "statuses", "totals"]
        );
        assert_eq!([camel("customer_id"), camel("id")], ["customerId", "id"]);
    }
}
