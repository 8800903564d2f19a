//! The names that inputs and nodes may have in pipeline files.

/// The rule of names, for messages that say what to do.
pub(super) const RULE: &str = "letters, digits, `_`, `-` and `.`, and no `.` at the start";

/// Whether an input or a node of a pipeline file may have the name. It can be the name of a folder and of a file, so that it
/// has no character with a meaning in a path.
pub(super) fn is_usable(name: &str) -> bool {
    let is_usable = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(is_usable)
}
