//! The contract between the operators and the layers that plan and run them.

pub(crate) mod checks;
mod error;
mod operator;
pub(crate) mod stage;

pub use error::OperatorError;
pub use operator::{Binding, Code, Operator, Plan, plain};
pub(crate) use stage::Action;
pub use stage::Stage;
