//! The names of shards.

use super::error::ShardError;
use std::path::{Path, PathBuf};

/// The name of shards: what is before the number and behind it, and the least number of its digits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Pattern {
    folder: PathBuf,
    before: String,
    digits: usize,
    behind: String,
}

impl Pattern {
    pub(super) fn parse(pattern: &Path) -> Result<Self, ShardError> {
        let wrong = || ShardError::Pattern {
            pattern: pattern.display().to_string(),
        };
        let name = pattern.file_name().and_then(|name| name.to_str());
        let (before, rest) = name
            .and_then(|name| name.split_once('%'))
            .ok_or_else(wrong)?;
        let (digits, behind) = rest.split_once('d').ok_or_else(wrong)?;
        let digits = match digits {
            "" => 1,
            digits => {
                let all = digits.bytes().all(|digit| digit.is_ascii_digit());
                let number = digits
                    .strip_prefix('0')
                    .filter(|_| all)
                    .and_then(|digits| digits.parse().ok());
                number
                    .filter(|number| (1..=20).contains(number))
                    .ok_or_else(wrong)?
            }
        };
        if behind.contains('%') {
            return Err(wrong());
        }
        Ok(Pattern {
            folder: pattern.parent().unwrap_or(Path::new("")).to_owned(),
            before: before.to_owned(),
            digits,
            behind: behind.to_owned(),
        })
    }

    pub(super) fn path(&self, number: u64) -> PathBuf {
        let Pattern {
            before,
            digits,
            behind,
            ..
        } = self;
        self.folder
            .join(format!("{before}{number:0digits$}{behind}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_one_number() {
        let path = |pattern: &str, number| {
            let pattern = Pattern::parse(Path::new(pattern))?;
            Ok::<_, ShardError>(
                pattern
                    .path(number)
                    .display()
                    .to_string()
                    .replace('\\', "/"),
            )
        };
        for (pattern, expected) in [
            ("a-%06d.tar", "a-000042.tar"),
            ("d/a%d", "d/a42"),
            ("a-%01d.tar", "a-42.tar"),
            ("%04d-of-many.tar", "0042-of-many.tar"),
        ] {
            assert_eq!(path(pattern, 42).unwrap(), expected);
        }
        for wrong in [
            "a.tar",
            "%s.tar",
            "%d-%d.tar",
            "%6d.tar",
            "%021d.tar",
            "%00d.tar",
            "%0xd",
            "%0+5d",
            "%",
            "d%d/",
            "..",
            "",
        ] {
            let wrong = wrong.replace("d%d/", "d%d/..");
            assert!(path(&wrong, 1).is_err(), "{wrong}");
        }
    }
}
