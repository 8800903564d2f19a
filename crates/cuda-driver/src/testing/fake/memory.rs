//! Memory of the fake driver. Device memory lies at addresses of its own, where nothing of the process is: who touches it
//! from the process crashes, as with a GPU, and no address is given out twice. Page-locked memory is the process's.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::ptr::NonNull;

use super::pointer::MemoryKind;
use super::state::{Belongs, CallResult, FakeState, Handle, HandleKind};
use crate::result::CuResult;

/// The address at which device memory begins: far from the memory of the process.
const DEVICE_BASE: u64 = 0x7000_0000_0000_0000;
/// The alignment of device memory in bytes, which is that of a GPU.
const ALIGN: u64 = 512;
/// The byte that fills fresh memory, so that no program relies on zeros.
const FRESH: u8 = 0xCD;

#[derive(Default)]
pub(super) struct Allocations {
    next: u64,
    pub(super) device: BTreeMap<u64, Block>,
    pub(super) pinned: PinnedBlocks,
    pub(super) used: u64,
}

pub(super) struct Block {
    pub(super) bytes: Vec<u8>,
    pub(super) home: Home,
    pub(super) kind: MemoryKind,
    pub(super) pool: Option<Handle>,
    /// Whether its stream-ordered free is enqueued.
    pub(super) freeing: bool,
}

/// The context and the device of memory. Memory of pools belongs to a device, and to context 0, which is none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Home {
    pub(super) context: Handle,
    pub(super) device: i32,
}

pub(super) struct Pinned {
    pub(super) home: Home,
    memory: NonNull<u8>,
    pub(super) layout: Layout,
}

// SAFETY: the block belongs to the table alone; only the process's own pointers, for which it answers, reach it besides.
#[expect(unsafe_code, reason = "owns a block of memory")]
unsafe impl Send for Pinned {}

impl Drop for Pinned {
    #[expect(unsafe_code, reason = "owns a block of memory")]
    fn drop(&mut self) {
        // SAFETY: allocated with this layout in `allocate_pinned`, and freed once.
        unsafe { dealloc(self.memory.as_ptr(), self.layout) };
    }
}

/// The kind of memory at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Device,
    Pinned,
    /// Memory of the process that the driver does not know, or no memory.
    Unknown,
}

pub(super) struct Pool {
    pub(super) context: Handle,
    pub(super) threshold: u64,
    pub(super) used: u64,
    /// The free bytes that the pool keeps.
    pub(super) kept: u64,
}

impl HandleKind for Pool {
    const NAME: &'static str = "memory pool";
}

impl Belongs for Pool {
    fn context(&self) -> Handle {
        self.context
    }
}

impl Allocations {
    pub(super) fn go_on_after(&mut self, old: &Allocations) {
        self.next = old.next;
    }

    pub(super) fn device_blocks(&self) -> usize {
        self.device.len()
    }

    pub(super) fn pinned_blocks(&self) -> usize {
        self.pinned.len()
    }

    pub(super) fn forget_device(&mut self) {
        self.device.clear();
        self.used = 0;
    }

    fn allocate(&mut self, bytes: usize, home: Home, pool: Option<Handle>) -> u64 {
        let address = DEVICE_BASE + self.next;
        // A gap, so that what runs over the end meets no other block.
        self.next += (bytes as u64).next_multiple_of(ALIGN) + ALIGN;
        let block = Block {
            bytes: vec![FRESH; bytes],
            home,
            kind: MemoryKind::Plain,
            pool,
            freeing: false,
        };
        self.used += bytes as u64;
        self.device.insert(address, block);
        address
    }

    fn allocate_pinned(&mut self, bytes: usize, home: Home) -> Option<*mut u8> {
        let layout = Layout::from_size_align(bytes.max(1), 4096).ok()?;
        #[expect(unsafe_code, reason = "owns a block of memory")]
        // SAFETY: the layout has at least one byte.
        let memory = NonNull::new(unsafe { alloc_zeroed(layout) })?;
        let address = memory.as_ptr().expose_provenance() as u64;
        let block = Pinned {
            home,
            memory,
            layout,
        };
        self.pinned.insert(address, block);
        Some(memory.as_ptr())
    }

    pub(super) fn block(&mut self, address: u64) -> Option<&mut Block> {
        self.device.get_mut(&address)
    }

    fn forget(&mut self, address: u64) -> Option<Block> {
        let block = self.device.remove(&address)?;
        self.used -= block.bytes.len() as u64;
        Some(block)
    }

    /// The kind of memory at an address.
    pub(super) fn place(&self, address: u64) -> Place {
        if (DEVICE_BASE..=DEVICE_BASE + self.next).contains(&address) {
            return Place::Device;
        }
        let pinned = self.pinned.range(..=address).next_back();
        match pinned {
            Some((start, block)) if address - start < block.layout.size() as u64 => Place::Pinned,
            _ => Place::Unknown,
        }
    }

    /// The bytes of device memory from `address` on; `None` where they are not all in one block.
    pub(super) fn device(&mut self, address: u64, bytes: usize) -> Option<&mut [u8]> {
        let (start, block) = self.device.range_mut(..=address).next_back()?;
        let from = usize::try_from(address - start).ok()?;
        block.bytes.get_mut(from..from.checked_add(bytes)?)
    }

    /// Whether the bytes are all in one page-locked block.
    pub(super) fn is_pinned(&self, address: u64, bytes: usize) -> bool {
        self.pinned.place(address, bytes).is_some()
    }

    /// The blocks of device memory by address, the addresses that were given out, and page-locked memory.
    pub(super) fn parts(&mut self) -> (Blocks<'_>, RangeInclusive<u64>, &PinnedBlocks) {
        let blocks = self.device.iter_mut();
        let blocks = blocks.map(|(start, block)| (*start, block.bytes.as_mut_slice()));
        let given_out = DEVICE_BASE..=DEVICE_BASE + self.next;
        (blocks.collect(), given_out, &self.pinned)
    }
}

/// Live blocks of device memory, by address.
pub(super) type Blocks<'a> = Vec<(u64, &'a mut [u8])>;

/// The blocks of page-locked memory, by address.
#[derive(Default)]
pub(super) struct PinnedBlocks(BTreeMap<u64, Pinned>);

impl std::ops::Deref for PinnedBlocks {
    type Target = BTreeMap<u64, Pinned>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl std::ops::DerefMut for PinnedBlocks {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl PinnedBlocks {
    /// Where bytes are in their block; `None` where they are not all in one.
    fn place(&self, address: u64, bytes: usize) -> Option<NonNull<u8>> {
        let (start, block) = self.0.range(..=address).next_back()?;
        let from = usize::try_from(address - start).ok()?;
        if from.checked_add(bytes)? > block.layout.size() {
            return None;
        }
        #[expect(unsafe_code, reason = "points into a block")]
        // SAFETY: the block is live, and has more bytes than `from`, or as many.
        Some(unsafe { block.memory.add(from) })
    }

    /// Reads bytes; false where they are not all in one block.
    pub(super) fn read(&self, address: u64, into: &mut [u8]) -> bool {
        let Some(from) = self.place(address, into.len()) else {
            return false;
        };
        #[expect(unsafe_code, reason = "reads memory that the process has a pointer to")]
        // SAFETY: the block is live, has these bytes, and was initialized when it was allocated. The process that enqueued their
        // reader promised that nobody writes to them meanwhile.
        unsafe {
            from.as_ptr()
                .copy_to_nonoverlapping(into.as_mut_ptr(), into.len());
        }
        true
    }

    /// Writes bytes; false where they are not all in one block.
    pub(super) fn write(&self, address: u64, from: &[u8]) -> bool {
        let Some(to) = self.place(address, from.len()) else {
            return false;
        };
        #[expect(
            unsafe_code,
            reason = "writes memory that the process has a pointer to"
        )]
        // SAFETY: the block is live and has these bytes. The process that enqueued their writer promised that nobody reads or writes
        // them meanwhile.
        unsafe {
            to.as_ptr()
                .copy_from_nonoverlapping(from.as_ptr(), from.len());
        }
        true
    }
}

impl FakeState {
    /// Memory that is allocated now belongs here.
    fn home(&mut self) -> CallResult<Home> {
        let context = self.enter()?;
        let device = self.current_device()?;
        Ok(Home { context, device })
    }

    /// Refuses a call that a capturing thread must not make.
    fn not_while_capturing(&mut self) -> CallResult<()> {
        match self.invalidate_captures_of_this_thread() {
            false => Ok(()),
            true => Err(CuResult::STREAM_CAPTURE_UNSUPPORTED),
        }
    }

    fn check_room(&self, bytes: usize) -> CallResult<()> {
        match self.memory.used.saturating_add(bytes as u64) <= self.config.memory {
            true => Ok(()),
            false => Err(CuResult::OUT_OF_MEMORY),
        }
    }

    pub(super) fn memory_info(&mut self) -> CallResult<(usize, usize)> {
        self.enter()?;
        let total = self.config.memory;
        Ok(((total - self.memory.used) as usize, total as usize))
    }

    pub(super) fn allocate(&mut self, bytes: usize) -> CallResult<u64> {
        let home = self.home()?;
        self.not_while_capturing()?;
        if bytes == 0 {
            return Err(CuResult::INVALID_VALUE);
        }
        self.check_room(bytes)?;
        Ok(self.memory.allocate(bytes, home, None))
    }

    pub(super) fn free(&mut self, address: u64) -> CallResult<()> {
        self.enter()?;
        self.not_while_capturing()?;
        self.refuse_if_in_use(address)?;
        if !matches!(self.memory.block(address), Some(block) if block.pool.is_none()) {
            return Err(self.violation(format_args!(
                "{address:#x} is no device memory, or was freed before"
            )));
        }
        self.memory.forget(address);
        Ok(())
    }

    pub(super) fn allocate_pinned(&mut self, bytes: usize) -> CallResult<*mut u8> {
        let home = self.home()?;
        self.not_while_capturing()?;
        self.memory
            .allocate_pinned(bytes, home)
            .ok_or(CuResult::OUT_OF_MEMORY)
    }

    pub(super) fn free_pinned(&mut self, address: u64) -> CallResult<()> {
        self.enter()?;
        self.not_while_capturing()?;
        self.refuse_if_in_use(address)?;
        match self.memory.pinned.remove(&address) {
            Some(_) => Ok(()),
            None => Err(self.violation(format_args!(
                "{address:#x} is no page-locked memory, or was freed before"
            ))),
        }
    }

    /// Reports a violation where work uses the memory: the driver would wait for such work, but
    /// callers promise that there is none.
    fn refuse_if_in_use(&mut self, address: u64) -> CallResult<()> {
        let bytes = match self.memory.device.get(&address) {
            Some(block) => block.bytes.len(),
            None => match self.memory.pinned.get(&address) {
                Some(block) => block.layout.size(),
                None => return Ok(()),
            },
        };
        let streams = self.streams.iter();
        let used = streams
            .flat_map(|(_, stream)| stream.pending())
            .any(|work| work.touches(address, bytes));
        match used {
            true => Err(self.violation(format_args!(
                "{address:#x} is freed while work that uses it is pending"
            ))),
            false => Ok(()),
        }
    }

    pub(super) fn create_pool(&mut self, device: i32) -> CallResult<Handle> {
        let context = self.enter()?;
        if device != self.current_device()? {
            return Err(CuResult::INVALID_VALUE);
        }
        let handle = self.handle();
        let pool = Pool {
            context,
            threshold: 0,
            used: 0,
            kept: 0,
        };
        Ok(self.pools.add(handle, pool))
    }

    pub(super) fn pool(&mut self, pool: Handle) -> CallResult<&mut Pool> {
        self.in_context(|state| &mut state.pools, pool)
    }

    pub(super) fn destroy_pool(&mut self, pool: Handle) -> CallResult<()> {
        self.pool(pool)?;
        self.pools.remove(pool);
        Ok(())
    }

    pub(super) fn trim_pool(&mut self, pool: Handle, keep: usize) -> CallResult<()> {
        let pool = self.pool(pool)?;
        pool.kept = pool.kept.min((keep as u64).saturating_sub(pool.used));
        Ok(())
    }

    pub(super) fn allocate_ordered(
        &mut self,
        bytes: usize,
        pool: Handle,
        stream: Handle,
    ) -> CallResult<u64> {
        self.not_captured(stream)?;
        self.pool(pool)?;
        self.check_room(bytes)?;
        let home = Home {
            context: 0,
            device: self.current_device()?,
        };
        let address = self.memory.allocate(bytes, home, Some(pool));
        let pool = self.pool(pool)?;
        pool.used += bytes as u64;
        pool.kept -= pool.kept.min(bytes as u64);
        Ok(address)
    }

    pub(super) fn free_ordered(&mut self, address: u64, stream: Handle) -> CallResult<()> {
        self.not_captured(stream)?;
        match self.memory.block(address) {
            Some(block) if block.pool.is_some() && !block.freeing => block.freeing = true,
            _ => {
                return Err(self.violation(format_args!(
                    "{address:#x} is no memory of a pool, or was freed before"
                )));
            }
        }
        self.enqueue(stream, super::work::Work::Free { address })
    }

    /// Completes a stream-ordered free.
    pub(super) fn freed(&mut self, address: u64) {
        if let Some(block) = self.memory.forget(address)
            && let Some(pool) = block.pool
            && let Ok(pool) = self.pools.at(pool)
        {
            let bytes = block.bytes.len() as u64;
            pool.used -= bytes;
            pool.kept = (pool.kept + bytes).min(pool.threshold);
        }
    }
}
