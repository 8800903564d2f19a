//! Texts in columns.

/// Rows of names and figures: the first column to the left, the others to the right.
pub(crate) fn rows<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let line: Vec<String> = (0..N)
            .map(|column| {
                let cell = &row[column];
                // (A width in a format string panics above 65,535.)
                let blanks = " ".repeat(widths[column].saturating_sub(cell.chars().count()));
                match column {
                    0 => format!("{cell}{blanks}"),
                    _ => format!("{blanks}{cell}"),
                }
            })
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_stand_to_the_left_and_figures_to_the_right() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        let text = super::rows(&[row(["a", "us", ""]), row(["länger", "10", "b"])]);
        assert_eq!(text, "a       us\nlänger  10  b\n");
    }
}
