//! What the fake driver tells of memory by its address, and the kinds of memory that other users of a driver make.

use super::memory::{Allocations, Place};
use super::state::Handle;
use crate::ffi::memory_type;

/// Ways in which other users of the driver allocate device memory, as far as the driver tells of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemoryKind {
    /// Memory of `cuMemAlloc`, or of a pool.
    #[default]
    Plain,
    /// Managed memory, as of `cuMemAllocManaged`.
    Managed,
    /// Memory of no context that is mapped in pieces of this many bytes side by side, as by `cuMemMap`.
    Mapped {
        /// Bytes of a piece.
        piece: usize,
    },
    /// Memory whose extent the driver does not tell.
    WithoutExtent,
}

/// What the driver tells of an address; zeros where it knows of no memory.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pointer {
    pub(super) context: Handle,
    pub(super) device: i32,
    pub(super) kind: i32,
    pub(super) managed: bool,
    pub(super) start: u64,
    pub(super) bytes: usize,
}

impl Allocations {
    /// What the driver tells of an address.
    pub(super) fn pointer(&self, address: u64) -> Pointer {
        if self.place(address) == Place::Pinned
            && let Some((start, block)) = self.pinned.range(..=address).next_back()
        {
            return Pointer {
                context: block.home.context,
                device: block.home.device,
                kind: memory_type::HOST,
                managed: false,
                start: *start,
                bytes: block.layout.size(),
            };
        }
        let block = self.device.range(..=address).next_back();
        let Some((start, block)) =
            block.filter(|(start, block)| address - **start < block.bytes.len() as u64)
        else {
            return Pointer::default();
        };
        let whole = Pointer {
            context: block.home.context,
            device: block.home.device,
            kind: memory_type::DEVICE,
            managed: block.kind == MemoryKind::Managed,
            start: *start,
            bytes: block.bytes.len(),
        };
        match block.kind {
            MemoryKind::Plain | MemoryKind::Managed => whole,
            MemoryKind::Mapped { piece } => {
                let before = (address - start) / piece as u64 * piece as u64;
                Pointer {
                    context: 0,
                    start: start + before,
                    bytes: piece.min(whole.bytes - before as usize),
                    ..whole
                }
            }
            MemoryKind::WithoutExtent => Pointer {
                start: 0,
                bytes: 0,
                ..whole
            },
        }
    }

    /// Makes a block one of another kind.
    pub(super) fn set_kind(&mut self, address: u64, kind: MemoryKind) {
        if let Some(block) = self.device.get_mut(&address) {
            block.kind = kind;
        }
    }
}
