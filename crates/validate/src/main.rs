//! The GPU validation suite.
fn main() {}
