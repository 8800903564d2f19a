//! Image operators: one plan, a host and a CUDA executor
