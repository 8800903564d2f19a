//! Texts in columns.

/// The blanks that fill `cell` up to `width` characters. (A width in a format string panics above 65,535.)
pub(crate) fn blanks(width: usize, cell: &str) -> String {
    " ".repeat(width.saturating_sub(cell.chars().count()))
}

/// The width of each column.
fn widths<const N: usize>(rows: &[[String; N]]) -> [usize; N] {
    std::array::from_fn(|column| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    })
}

/// Appends rows with all cells to the left, indented by two; columns in which every row is empty are left out.
pub(crate) fn push_columns<const N: usize>(text: &mut String, rows: &[[String; N]]) {
    let widths = widths(rows);
    for row in rows {
        let cells = row.iter().zip(widths).filter(|&(_, width)| width > 0);
        let line: String = cells
            .map(|(cell, width)| format!("  {cell}{}", blanks(width, cell)))
            .collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_empty_ones_left_out() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        let mut text = String::new();
        push_columns(
            &mut text,
            &[row(["a", "", "xyz"]), row(["länger", "", "b"])],
        );
        assert_eq!(text, "  a       xyz\n  länger  b\n");
    }
}
