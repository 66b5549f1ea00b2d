use crate::attr::Text;
use crate::diagnostics::Diagnostics;

/// What SQS leaves of its 80 characters to the prefix of a deployment, to `-dlq` and to `.fifo`
/// (Amazon SQS Developer Guide, "Queue quotas").
const MAX_CHARACTERS: usize = 60;

/// Reads `queue = "…"`.
pub(crate) fn queue(name: Option<&Text>, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = name?.0.value();
    let allowed = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    if text.is_empty() || text.len() > MAX_CHARACTERS || !text.chars().all(allowed) {
        diagnostics.at(
            name.map(|name| &name.0),
            format!(
                "a queue name is 1 to {MAX_CHARACTERS} letters (`a` to `z`, `A` to `Z`), digits, `-` and `_`, \
                 such as `mail`"
            ),
        );
    }
    Some(text)
}
