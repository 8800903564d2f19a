//! Device, stream-ordered and pinned memory pools
