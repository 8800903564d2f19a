//! The memory that a thread reaches.

use super::Fault;
use crate::compute::{LOCAL, SHARED};
use crate::ptx::Space;

/// The memory of a device, which checks every access.
pub trait Memory {
    /// Reads from an address; false where not all of the bytes are there.
    fn read(&mut self, address: u64, into: &mut [u8]) -> bool;

    /// Writes to an address; false where not all of the bytes are there.
    fn write(&mut self, address: u64, from: &[u8]) -> bool;
}

/// Everything that an access of one thread may go to.
pub(super) struct Reach<'m> {
    pub(super) device: &'m mut dyn Memory,
    pub(super) statics: &'m [u8],
    pub(super) shared: &'m mut [u8],
    pub(super) local: &'m mut [u8],
    pub(super) parameters: &'m mut [u8],
}

impl Reach<'_> {
    /// The space that an address lies in, and its number there.
    fn place(space: Space, address: u64) -> (Space, u64) {
        match (space, address >> 60) {
            (Space::Generic, 4) => (Space::Local, address - LOCAL),
            (Space::Generic, 5) => (Space::Shared, address - SHARED),
            (Space::Generic, _) => (Space::Global, address),
            (space, _) => (space, address),
        }
    }

    pub(super) fn read(&mut self, space: Space, address: u64, bytes: u32) -> Result<u64, Fault> {
        let (space, at) = Self::place(space, address);
        let mut value = [0; 8];
        let into = &mut value[..bytes as usize];
        let bytes_there = match space {
            Space::Shared => part(self.shared, at, bytes),
            Space::Local => part(self.local, at, bytes),
            Space::Parameter => part(self.parameters, at, bytes),
            Space::Global | Space::Generic => match at >> 60 {
                6 => {
                    let start = at - crate::ptx::STATICS;
                    let end = start + u64::from(bytes);
                    self.statics.get(start as usize..end as usize)
                }
                _ => {
                    let is_there = self.device.read(at, into);
                    return is_there
                        .then(|| u64::from_le_bytes(value))
                        .ok_or(Fault::Outside { address, bytes });
                }
            },
        };
        into.copy_from_slice(bytes_there.ok_or(Fault::Outside { address, bytes })?);
        Ok(u64::from_le_bytes(value))
    }

    pub(super) fn write(
        &mut self,
        space: Space,
        address: u64,
        bytes: u32,
        value: u64,
    ) -> Result<(), Fault> {
        let (space, at) = Self::place(space, address);
        let value = value.to_le_bytes();
        let from = &value[..bytes as usize];
        let memory = match space {
            Space::Shared => &mut *self.shared,
            Space::Local => &mut *self.local,
            Space::Parameter => &mut *self.parameters,
            Space::Global | Space::Generic => {
                let is_there = self.device.write(at, from);
                return is_there
                    .then_some(())
                    .ok_or(Fault::Outside { address, bytes });
            }
        };
        let end = at.saturating_add(u64::from(bytes));
        let place = usize::try_from(at)
            .ok()
            .zip(usize::try_from(end).ok())
            .and_then(|(start, end)| memory.get_mut(start..end));
        place
            .ok_or(Fault::Outside { address, bytes })?
            .copy_from_slice(from);
        Ok(())
    }
}

fn part(memory: &[u8], at: u64, bytes: u32) -> Option<&[u8]> {
    let start = usize::try_from(at).ok()?;
    memory.get(start..start.checked_add(bytes as usize)?)
}
