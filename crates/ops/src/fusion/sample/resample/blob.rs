//! Tables of a plan in one block of memory.

use bytemuck::NoUninit;

/// The most bytes of all tables.
const MOST_BYTES: usize = 1 << 28;

/// Several tables as one, each at a multiple of 16 bytes.
#[derive(Default)]
pub(super) struct Blob {
    pub(super) bytes: Vec<u8>,
}

impl Blob {
    /// Adds a table, and returns its offset.
    pub(super) fn add<T: NoUninit>(&mut self, table: &[T]) -> Result<u32, String> {
        let offset = self.bytes.len().next_multiple_of(16);
        if offset + size_of_val(table) > MOST_BYTES {
            return Err(format!("its tables have more than {MOST_BYTES} bytes"));
        }
        self.bytes.resize(offset, 0);
        self.bytes.extend_from_slice(bytemuck::cast_slice(table));
        Ok(offset as u32)
    }
}
