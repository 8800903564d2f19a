//! PTX as a program: text to functions, instructions and variables.

mod body;
mod decode;
mod decode_sync;
mod instruction;
mod operand;
mod operands;
mod program;
mod statement;
mod tokens;

pub(crate) use instruction::{Address, Atomic, Operation, Reduction, Shuffle, Space, Sync, Vote};
pub(crate) use operand::{Operand, Special};
pub(crate) use program::{Function, Parameter, STATICS};
pub use program::{Program, PtxError};
