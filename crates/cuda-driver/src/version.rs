//! CUDA versions, as drivers report them.

use std::fmt;

/// A CUDA version as `cuDriverGetVersion` gives it: 1000 x major + 10 x minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DriverVersion(pub(crate) i32);

impl DriverVersion {
    /// The version `major.minor`.
    #[must_use]
    pub const fn new(major: i32, minor: i32) -> Self {
        Self(1000 * major + 10 * minor)
    }

    /// The major version: 12 of 12.8.
    #[must_use]
    pub const fn major(self) -> i32 {
        self.0 / 1000
    }

    /// The minor version: 8 of 12.8.
    #[must_use]
    pub const fn minor(self) -> i32 {
        self.0 % 1000 / 10
    }
}

impl fmt::Display for DriverVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major(), self.minor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_taken_apart_and_ordered() {
        let version = DriverVersion(13020);
        assert_eq!((version.major(), version.minor()), (13, 2));
        assert_eq!(version, DriverVersion::new(13, 2));
        assert_eq!(version.to_string(), "13.2");
        assert!(DriverVersion::new(12, 8) < version);
    }
}
