//! The argument block of a launch.

use bytemuck::{AnyBitPattern, NoUninit};
use std::fmt;

/// Most bytes of arguments of one launch.
pub const MAX_ARG_BYTES: usize = 512;

/// The arguments of a launch: the bytes of one plain struct, stored inline, so that building and enqueuing a launch
/// allocates nothing. The same bytes serve a CUDA kernel (which takes the struct by value as its one parameter) and
/// its host twin.
#[derive(Copy, Clone)]
#[repr(C, align(16))]
pub struct Args {
    bytes: [u8; MAX_ARG_BYTES],
    len: usize,
}

impl Args {
    /// No arguments.
    pub const EMPTY: Args = Args {
        bytes: [0; MAX_ARG_BYTES],
        len: 0,
    };

    /// The arguments in `value`. A type larger than [`MAX_ARG_BYTES`] does not compile.
    pub fn of<T: NoUninit>(value: &T) -> Self {
        const {
            assert!(
                size_of::<T>() <= MAX_ARG_BYTES,
                "launch arguments larger than MAX_ARG_BYTES"
            );
            assert!(
                align_of::<T>() <= 16,
                "launch arguments aligned to more than 16 bytes"
            );
        }
        let source = bytemuck::bytes_of(value);
        let mut args = Args::EMPTY;
        args.bytes[..source.len()].copy_from_slice(source);
        args.len = source.len();
        args
    }

    /// The arguments as a value of type `T`, the type they were made from.
    ///
    /// Panics when the sizes differ: a launch and its kernel are built together, so this is a defect of the operator.
    pub fn get<T: AnyBitPattern>(&self) -> T {
        assert_eq!(
            self.len,
            size_of::<T>(),
            "launch arguments read as another type"
        );
        bytemuck::pod_read_unaligned(&self.bytes[..self.len])
    }

    /// The bytes of the arguments.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl fmt::Debug for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Args({} bytes)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_back_as_they_went_in() {
        let value = [1u64, 2, u64::MAX];
        let args = Args::of(&value);
        assert_eq!(args.get::<[u64; 3]>(), value);
        assert_eq!(args.bytes().len(), 24);
        assert_eq!(
            args.bytes.as_ptr() as usize % 16,
            0,
            "kernels read 16-byte aligned structs"
        );
    }
}
