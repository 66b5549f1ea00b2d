//! A whole small domain stays at most 70 lines, and the README shows that very code.

const DOMAIN: &str = include_str!("../src/bank.rs");
const README: &str = include_str!("../../../README.md");

#[test]
fn the_domain_takes_at_most_70_lines_without_blanks_and_comments() {
    let code = DOMAIN.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    let lines = code.count();
    assert!(lines <= 70, "{lines} lines");
    for part in ["#[command]", "#[event]", "#[projection(", "#[event_handler(", "App::builder"] {
        assert!(DOMAIN.contains(part), "{part} is missing: this is no whole domain");
    }
    assert_eq!((DOMAIN.matches("#[command]").count(), DOMAIN.matches("#[event]").count()), (3, 3));
}

#[test]
fn the_readme_shows_the_domain_as_it_is() {
    let code = DOMAIN.split_once("\n\n").map_or(DOMAIN, |(_, code)| code);
    assert!(README.contains(code), "the README's listing and `src/bank.rs` differ");
}
