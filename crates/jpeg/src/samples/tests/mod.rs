//! Every instruction set of this machine against plain formulas.

mod color;
mod idct;
mod model;
mod sampler;

use crate::testing::levels::levels;
