//! Lists of shards in one text: `train-{000..012}.tar`.

use super::error::ShardError;
use std::path::PathBuf;

/// The most shards of one text.
const MOST: u64 = 1 << 20;

/// The paths that a text with numbers in braces stands for, in order: `a-{08..11}.tar` is `a-08.tar`, `a-09.tar`, `a-10.tar` and `a-11.tar`. Several braces
/// count like digits, the last one fastest. A text without `..` in braces is the one path. Numbers have as many digits as the first of a range is written with.
///
/// # Errors
/// A range goes down, its ends are no numbers of at most 18 digits, or the text stands for more than 2^20 paths.
pub fn expand(text: &str) -> Result<Vec<PathBuf>, ShardError> {
    let mut paths = vec![String::new()];
    let mut rest = text;
    while let Some((before, range, behind)) = next_range(rest) {
        let wrong = || ShardError::Range {
            text: text.to_owned(),
        };
        let (first, last) = range.split_once("..").ok_or_else(wrong)?;
        let number = |digits: &str| {
            let is_number = (1..=18).contains(&digits.len())
                && digits.bytes().all(|digit| digit.is_ascii_digit());
            digits.parse::<u64>().ok().filter(|_| is_number)
        };
        let (from, to) = number(first).zip(number(last)).ok_or_else(wrong)?;
        let count = to.checked_sub(from).ok_or_else(wrong)? + 1;
        if count.saturating_mul(paths.len() as u64) > MOST {
            return Err(wrong());
        }
        let digits = first.len();
        let numbered = paths.iter().flat_map(|path| {
            (from..=to).map(move |number| format!("{path}{before}{number:0digits$}"))
        });
        paths = numbered.collect();
        rest = behind;
    }
    Ok(paths
        .into_iter()
        .map(|path| PathBuf::from(path + rest))
        .collect())
}

/// What is before the first braces with two dots, between them, and behind them.
fn next_range(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let open = from + text[from..].find('{')?;
        let close = open + text[open..].find('}')?;
        // The innermost braces.
        let open = open + text[open..close].rfind('{')?;
        if text[open..close].contains("..") {
            return Some((&text[..open], &text[open + 1..close], &text[close + 1..]));
        }
        from = close + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Option<Vec<String>> {
        let paths = expand(text).ok()?.into_iter();
        Some(paths.map(|path| path.display().to_string()).collect())
    }

    #[test]
    fn ranges_count_with_the_digits_of_the_first() {
        for (text, expected) in [
            ("a.tar", &["a.tar"][..]),
            ("", &[""]),
            (
                "a-{08..11}.tar",
                &["a-08.tar", "a-09.tar", "a-10.tar", "a-11.tar"],
            ),
            ("{9..10}", &["9", "10"]),
            (
                "{0..1}/{5..6}.tar",
                &["0/5.tar", "0/6.tar", "1/5.tar", "1/6.tar"],
            ),
            ("{a}-{1..1}", &["{a}-1"]),
            ("{{3..4}}", &["{3}", "{4}"]),
            ("a{b..", &["a{b.."]),
            ("}{", &["}{"]),
        ] {
            assert_eq!(
                expanded(text).as_deref(),
                Some(
                    &expected
                        .iter()
                        .map(|path| (*path).to_owned())
                        .collect::<Vec<_>>()[..]
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn ranges_that_are_none_are_refused() {
        for wrong in [
            "{2..1}",
            "{..3}",
            "{a..b}",
            "{1..2..3}",
            "{-1..2}",
            "{0..9999999}",
            "{0..1999}{0..1999}",
            "{0000000000000000000..1}",
        ] {
            assert!(
                matches!(expand(wrong), Err(ShardError::Range { .. })),
                "{wrong}"
            );
        }
    }
}
