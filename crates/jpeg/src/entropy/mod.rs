//! Entropy-coded data to coefficients.

mod bits;
mod coding;
pub(crate) mod lookup;
mod progressive;
mod restart;
pub(crate) mod scan;
mod sequential;
