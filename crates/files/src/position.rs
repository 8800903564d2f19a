//! Where reading goes on.

use std::io::{self, Seek, SeekFrom};

/// A place between two items of a file, from which a reader can go on: the number of the next item, and the offset at which it
/// begins. A program keeps it with its own state, and gives it to `skip_to` of a reader of the same file.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Position {
    /// The number of the next item, from 0.
    pub index: u64,
    /// The bytes before it.
    pub offset: u64,
}

/// Goes to a byte of a source that is at byte `here`. Returns `false` where the source is shorter, which is then at `here` again: sources can be set
/// behind their end, and what is read there looks like their end.
pub(crate) fn seek_within(source: &mut impl Seek, offset: u64, here: u64) -> io::Result<bool> {
    let is_within = offset <= source.seek(SeekFrom::End(0))?;
    source.seek(SeekFrom::Start(if is_within { offset } else { here }))?;
    Ok(is_within)
}
