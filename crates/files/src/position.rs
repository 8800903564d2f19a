//! Where reading goes on.

/// A place between two items of a file, from which a reader can go on: the number of the next item, and the offset at which it
/// begins. A program keeps it with its own state, and gives it to `skip_to` of a reader of the same file.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Position {
    /// The number of the next item, from 0.
    pub index: u64,
    /// The bytes before it.
    pub offset: u64,
}
