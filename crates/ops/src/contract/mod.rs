//! The contract between operators and the layers that plan and run them: `Operator` and `Plan`, stages, errors, and the checks
//! that all plans share.

pub(crate) mod checks;
mod error;
mod image_context;
mod operator;
pub(crate) mod stage;

pub use error::OperatorError;
pub use image_context::{ImageContext, ImageValues};
#[cfg(any(test, feature = "testing"))]
pub use operator::oracle_plan;
pub use operator::{Binding, Code, Operator, Plan};
pub(crate) use stage::Action;
pub use stage::{ChainStep, Stage};
