//! Runs task graphs on device streams
