//! New blocks: allocation from the driver, and the errors where it has no memory.

use super::{Pool, PoolKind};
use crate::block::Block;
use crate::class::SizeClass;
use crate::config::AllocatorMode;
use crate::error::MemoryError;
use crate::ledger::PassedLimit;
use crate::pageable;
use crate::statistics::PoolStatistics;
use pixelflume_device::{DeviceError, Severity, Stream};
use std::sync::atomic::Ordering::Relaxed;

impl Pool {
    /// Allocates a new block. Where the driver has no memory, deferred frees are finished, free blocks go back, and the
    /// allocation is tried once more.
    pub(super) fn grow(
        &self,
        asked: usize,
        class: SizeClass,
        stream: Option<&Stream>,
    ) -> Result<Block, MemoryError> {
        if !self.ledger.could_fit(class.bytes()) {
            return Err(self.over_limit(asked, class, PassedLimit::Own));
        }
        let block = match self.allocate(asked, class, stream) {
            Err(
                MemoryError::OverLimit { .. }
                | MemoryError::OverHostLimit { .. }
                | MemoryError::NotNow { .. },
            ) => {
                self.trim()?;
                self.allocate(asked, class, stream)
            }
            other => other,
        };
        match block {
            Err(error) if self.kind == PoolKind::Pinned && may_be_pageable(&error) => {
                self.grow_pageable(class, &error).ok_or(error)
            }
            other => other,
        }
    }

    fn allocate(
        &self,
        asked: usize,
        class: SizeClass,
        stream: Option<&Stream>,
    ) -> Result<Block, MemoryError> {
        let bytes = class.bytes();
        if self.books_reserved() {
            let passed = |passed| self.over_limit(asked, class, passed);
            self.ledger.reserve(bytes).map_err(passed)?;
        }
        let address = match (self.kind, stream) {
            (PoolKind::Device(AllocatorMode::StreamOrdered), Some(stream)) => {
                self.source.allocate_ordered(bytes, stream)
            }
            (PoolKind::Device(_), _) => self.source.allocate(bytes),
            (PoolKind::Pinned, _) => self.source.allocate_pinned(bytes),
        };
        match address {
            Ok(address) => {
                if !self.is_ordered() {
                    self.ledger.driver_calls.fetch_add(1, Relaxed);
                }
                Ok(Block::new(address, class))
            }
            Err(error) => {
                self.ledger.driver_calls.fetch_add(1, Relaxed);
                if self.books_reserved() {
                    self.ledger.unreserve(bytes);
                }
                Err(self.not_now(asked, error))
            }
        }
    }

    fn grow_pageable(&self, class: SizeClass, reason: &MemoryError) -> Option<Block> {
        self.ledger.reserve(class.bytes()).ok()?;
        let Some(address) = pageable::allocate(class.bytes()) else {
            self.ledger.unreserve(class.bytes());
            return None;
        };
        if !self.warned.swap(true, Relaxed) {
            tracing::warn!(
                "using pageable memory for copies from and to {}: {reason}",
                self.device
            );
        }
        self.ledger.pageable.fetch_add(class.bytes(), Relaxed);
        let mut block = Block::new(address, class);
        block.pageable = true;
        Some(block)
    }

    pub(super) fn never_fits(&self, asked: usize) -> MemoryError {
        let total = self.device.capabilities().total_memory.unwrap_or(0);
        MemoryError::NeverFits {
            asked,
            device: self.device.to_string(),
            total,
        }
    }

    pub(super) fn over_limit(
        &self,
        asked: usize,
        class: SizeClass,
        passed: PassedLimit,
    ) -> MemoryError {
        if let PassedLimit::Host { limit, reserved } = passed {
            return MemoryError::OverHostLimit {
                asked,
                block: class.bytes(),
                limit,
                reserved,
            };
        }
        let limit = self.ledger.limit().unwrap_or(usize::MAX);
        MemoryError::OverLimit {
            asked,
            block: class.bytes(),
            limit,
            in_use: self.ledger.in_use(),
        }
    }

    fn not_now(&self, asked: usize, error: DeviceError) -> MemoryError {
        let DeviceError::OutOfMemory { device, .. } = error else {
            return error.into();
        };
        let PoolStatistics {
            in_use, high_water, ..
        } = self.ledger.statistics();
        let free = self.device.free_memory();
        MemoryError::NotNow {
            asked,
            device,
            free,
            in_use,
            high_water,
        }
    }
}

/// Whether pageable memory may take the place of page-locked memory in this pool.
fn may_be_pageable(error: &MemoryError) -> bool {
    match error {
        MemoryError::Device(error) => error.severity() != Severity::DeviceLost,
        MemoryError::OverHostLimit { .. } => false,
        _ => true,
    }
}
