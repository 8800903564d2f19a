//! The `pixelflume` command.
fn main() {}
