//! Plots as SVG elements within a page, which defines the colors: the classes `s0`, `s1`, ... are the series.

use std::fmt::Write;

/// One value of a series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) value: f64,
    /// The range of most samples, where it is known.
    pub(super) range: Option<[f64; 2]>,
}

impl From<f64> for Mark {
    fn from(value: f64) -> Self {
        Mark { value, range: None }
    }
}

/// The values of all series for one label.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) label: String,
    pub(super) marks: Vec<Option<Mark>>,
}

/// The points of one series, ascending in x.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) label: String,
    pub(super) points: Vec<[f64; 2]>,
}

const WIDTH: f64 = 860.0;
const LABELS: f64 = 230.0;
const VALUES: f64 = 90.0;
const BAR: f64 = 15.0;

/// Horizontal bars from zero, with a thin line for each range and the value as text; `reference` marks a value.
pub(super) fn bars(rows: &[Row], unit: &str, reference: Option<f64>) -> String {
    let marks = || rows.iter().flat_map(|row| row.marks.iter().flatten());
    let most = marks()
        .flat_map(|mark| [mark.value, mark.range.map_or(0.0, |[_, high]| high)])
        .chain(reference)
        .filter(|value| value.is_finite())
        .fold(0.0, f64::max);
    let scale = if most > 0.0 {
        (WIDTH - LABELS - VALUES) / most
    } else {
        0.0
    };
    let x = |value: f64| LABELS + scale * value.clamp(0.0, most);
    let mut body = String::new();
    let mut y = 6.0;
    for row in rows {
        let height = BAR * row.marks.len() as f64;
        // Writing to a string cannot fail.
        let _ = writeln!(
            body,
            "<text class=\"label\" x=\"{}\" y=\"{:.1}\">{}</text>",
            LABELS - 8.0,
            y + height / 2.0 + 4.0,
            escaped(&row.label)
        );
        for (series, mark) in row.marks.iter().enumerate() {
            let (top, middle) = (y + BAR * series as f64, y + BAR * (series as f64 + 0.5));
            let Some(mark) = mark else { continue };
            let mut end = x(mark.value);
            let _ = writeln!(
                body,
                "<rect class=\"s{series}\" x=\"{LABELS}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                top + 1.0,
                end - LABELS,
                BAR - 2.0
            );
            if let Some([low, high]) = mark.range {
                let _ = writeln!(
                    body,
                    "<path class=\"range\" d=\"M{:.1} {middle:.1}H{:.1}\"/>",
                    x(low),
                    x(high)
                );
                end = end.max(x(high));
            }
            let _ = writeln!(
                body,
                "<text class=\"value\" x=\"{:.1}\" y=\"{:.1}\">{}{unit}</text>",
                end + 5.0,
                middle + 4.0,
                short(mark.value)
            );
        }
        y += height + 8.0;
    }
    if let Some(reference) = reference {
        let at = x(reference);
        let _ = writeln!(body, "<path class=\"reference\" d=\"M{at:.1} 0V{y:.1}\"/>");
    }
    svg(y, &body)
}

/// Lines over a logarithmic x axis to base 2; the y axis begins at zero.
pub(super) fn lines(lines: &[Line], x_unit: &str, y_unit: &str) -> String {
    const HEIGHT: f64 = 300.0;
    const LEFT: f64 = 80.0;
    const RIGHT: f64 = WIDTH - 20.0;
    const TOP: f64 = 12.0;
    const BOTTOM: f64 = HEIGHT - 40.0;
    let points = || lines.iter().flat_map(|line| &line.points);
    let (mut least, mut most_x, mut most_y) = (f64::INFINITY, 0.0_f64, 0.0_f64);
    for [x, y] in points().filter(|[x, y]| *x > 0.0 && y.is_finite()) {
        (least, most_x, most_y) = (least.min(*x), most_x.max(*x), most_y.max(*y));
    }
    if most_y <= 0.0 {
        return svg(HEIGHT, "");
    }
    let span = (most_x / least).log2().max(1.0);
    let at_x = |x: f64| LEFT + (x / least).log2() / span * (RIGHT - LEFT);
    let at_y = |y: f64| BOTTOM - y / most_y * (BOTTOM - TOP);
    let mut body = String::new();
    for part in 0..=4 {
        let value = most_y * f64::from(part) / 4.0;
        let y = at_y(value);
        let _ = writeln!(
            body,
            "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/><text class=\"label\" x=\"{}\" y=\"{:.1}\">{}</text>",
            LEFT - 6.0,
            y + 4.0,
            short(value)
        );
    }
    let mut ticks: Vec<f64> = points().map(|[x, _]| *x).collect();
    ticks.sort_unstable_by(f64::total_cmp);
    ticks.dedup();
    for tick in ticks {
        let _ = writeln!(
            body,
            "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            at_x(tick),
            BOTTOM + 16.0,
            short(tick)
        );
    }
    for (series, line) in lines.iter().enumerate() {
        let mut path = String::new();
        for (index, &[x, y]) in line.points.iter().enumerate() {
            let command = if index == 0 { 'M' } else { 'L' };
            let (x, y) = (at_x(x), at_y(y));
            let _ = write!(path, "{command}{x:.1} {y:.1}");
            let _ = writeln!(
                body,
                "<circle class=\"s{series}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"
            );
        }
        let _ = writeln!(body, "<path class=\"line s{series}\" d=\"{path}\"/>");
    }
    let _ = writeln!(
        body,
        "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\">{}</text><text class=\"value\" x=\"{LEFT}\" y=\"9\">{}</text>",
        (LEFT + RIGHT) / 2.0,
        BOTTOM + 34.0,
        escaped(x_unit),
        escaped(y_unit)
    );
    svg(HEIGHT, &body)
}

fn svg(height: f64, body: &str) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">\n{body}</svg>\n"
    )
}

/// A number with about three digits.
pub(super) fn short(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 || v == 0.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Escapes the characters that have a meaning in HTML and SVG.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fills_the_width() {
        let mark = |value, high| Mark {
            value,
            range: Some([value / 2.0, high]),
        };
        let rows = [
            Row {
                label: "a < b".to_owned(),
                marks: vec![Some(mark(2.0, 4.0)), None],
            },
            Row {
                label: "c".to_owned(),
                marks: vec![Some(1.0.into()), Some(f64::NAN.into())],
            },
        ];
        let svg = bars(&rows, " us", Some(1.0));
        // 540 for 4, so 270 for 2 and 135 for 1.
        assert!(
            svg.contains("width=\"270.0\"") && svg.contains("width=\"135.0\""),
            "{svg}"
        );
        assert!(
            svg.contains("d=\"M365.0 13.5H770.0\"") && svg.contains("a &lt; b"),
            "{svg}"
        );
        assert!(svg.contains(">2 us</text>"), "{svg}");
        assert!(bars(&[], "", None).contains("<svg"));
    }

    #[test]
    fn lines_have_ticks_at_their_points() {
        let line = Line {
            label: "gray".to_owned(),
            points: vec![[1.0, 100.0], [4.0, 400.0]],
        };
        let svg = lines(&[line], "images of a batch", "images/s");
        assert!(
            svg.contains("<path class=\"line s0\" d=\"M80.0 198.0L840.0 12.0\"/>"),
            "{svg}"
        );
        assert!(
            svg.contains(">4</text>") && svg.contains(">400</text>"),
            "{svg}"
        );
        assert!(!lines(&[], "", "").contains("NaN"));
    }

    #[test]
    fn numbers_are_short() {
        let all = [1234.5, 12.345, 1.2, 0.1234, 0.0, 200.0].map(short);
        assert_eq!(all, ["1234", "12.3", "1.2", "0.123", "0", "200"]);
    }
}
