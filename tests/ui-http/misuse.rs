//! Misuse of an HTTP API, and what the compiler says about it. `TRYBUILD=overwrite` writes the messages anew.

#[test]
fn misuse_is_refused_with_a_way_out() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.compile_fail("fail/*.rs");
}
