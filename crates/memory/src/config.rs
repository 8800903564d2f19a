//! What a memory manager may do.

/// Settings of a [`crate::MemoryManager`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct MemoryConfig {
    /// Most bytes of device memory to reserve; `None` leaves it to the device.
    pub limit: Option<usize>,
}

impl MemoryConfig {
    /// The same with at most `bytes` bytes of device memory.
    #[must_use]
    pub fn with_limit(mut self, bytes: usize) -> Self {
        self.limit = Some(bytes);
        self
    }
}
