//! Misuse, and what the compiler says about it: one folder per macro, and one per part that users call. `TRYBUILD=overwrite` writes the messages anew.

#[test]
fn misuse_is_refused_with_a_way_out() {
    let cases = trybuild::TestCases::new();
    for macro_name in ["event", "aggregate", "projection", "event_handler", "replay", "testing", "app"] {
        cases.pass(format!("{macro_name}/pass/*.rs"));
        cases.compile_fail(format!("{macro_name}/fail/*.rs"));
    }
}
