//! What safe code must not be able to write does not compile.
//!
//! Each program of `compile_fail/` forbids unsafe code, and would use memory that is freed, or that two threads write, if it
//! could be built. The errors expected of the compiler lie beside them; `TRYBUILD=overwrite` writes them anew.

#[test]
fn programs_that_would_touch_memory_wrongly_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
