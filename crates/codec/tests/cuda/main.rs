//! The batch decoder of CUDA on a driver without a GPU: what it gives its kernels, what it takes, and what it does when a call of the
//! driver fails.

mod bounds;
mod entropy;
mod faults;
mod files;
mod kernels;
mod pixels;
