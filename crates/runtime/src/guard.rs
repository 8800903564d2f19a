//! Drops of values of the caller, which may panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Drops a value. A panic ends here, with a warning that names what it was.
pub(crate) fn drop_guarded<T>(what: &str, value: T) {
    if catch_unwind(AssertUnwindSafe(|| drop(value))).is_err() {
        tracing::warn!("{what} panicked in its drop");
    }
}
