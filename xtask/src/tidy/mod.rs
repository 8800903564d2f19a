//! Tests of the repository itself: rules that the compiler does not check.

mod modules;
mod paths;
mod planted;
mod python;
mod source;
mod words;
