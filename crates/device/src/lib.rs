//! Devices, streams, events and launches, on CUDA and on the host
