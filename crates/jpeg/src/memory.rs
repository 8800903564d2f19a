//! Memory that is kept from file to file.

/// Gives a vector `length` elements; the new ones are `value`. Its memory grows to what they take and no more, since what a file takes
/// was told before; vectors grow by doubling otherwise.
pub(crate) fn resize<T: Clone>(vector: &mut Vec<T>, length: usize, value: T) {
    vector.reserve_exact(length.saturating_sub(vector.len()));
    vector.resize(length, value);
}
