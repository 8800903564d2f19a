//! Texts in columns.

/// What the cell lacks to this width, in characters. (Widths of format strings end at 65,535, and panic above.)
pub(crate) fn blanks(width: usize, cell: &str) -> String {
    " ".repeat(width.saturating_sub(cell.chars().count()))
}
