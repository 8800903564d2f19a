//! The kernel of an operator is called with arguments of somebody else's.
#![forbid(unsafe_code)]

use pixelflume::device::{Args, Workers};
use pixelflume::ops::Code;

fn call(code: &Code, workers: &Workers<'_>) {
    if let Code::Host(kernel) = code {
        kernel.run(&Args::of(&[0xdead_u64; 12]), workers).unwrap();
    }
}

fn main() {}
