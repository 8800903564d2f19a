//! Containment of panics in the user's code, on threads that must not end: host kernels, wakers, callbacks, drops of
//! the user's values.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The most bytes of a panic's message that are kept.
const MESSAGE_BYTES: usize = 4096;

/// Calls `f` and returns the message of a panic as the error. Neither the panic nor one in the drop of its payload
/// leaves the call. What `f` changed before it panicked stays changed.
///
/// # Errors
/// The message of the panic, of at most 4 KiB.
pub fn catch_panic<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| {
        let text = text_of(&*payload);
        discard(payload);
        text
    })
}

/// Calls `f`, the user's code, whose panic must not end the calling thread. A panic in it is logged with `what`, the
/// name of what was called, and ends there.
pub fn contain_panic(what: &str, f: impl FnOnce()) {
    if let Err(message) = catch_panic(f) {
        // The subscriber of the log is the user's code as well.
        let _ = catch_panic(|| tracing::error!("{what} panicked, which is ignored: {message}"));
    }
}

/// Drops the payload of a panic, whose drop may panic as well.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // The payload of each panic may panic in turn, without end. A few bytes are leaked.
        std::mem::forget(again);
    }
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    text[..text.floor_char_boundary(MESSAGE_BYTES)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::panic_any;

    struct Twice(u32);

    impl Drop for Twice {
        fn drop(&mut self) {
            if self.0 > 0 {
                panic_any(Twice(self.0 - 1));
            }
        }
    }

    #[test]
    fn a_panic_comes_back_as_its_message() {
        assert_eq!(catch_panic(|| 7), Ok(7));
        assert_eq!(catch_panic(|| panic!("some")), Err::<(), _>("some".into()));
        let number = 3;
        let error = catch_panic(|| panic!("number {number}"));
        assert_eq!(error, Err::<(), _>("number 3".into()));
        let error = catch_panic(|| panic_any(Twice(3)));
        assert_eq!(error, Err::<(), _>("no message".into()));
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let error = catch_panic(|| panic!("x{}", "ä".repeat(4000))).unwrap_err();
        assert_eq!(error.len(), MESSAGE_BYTES - 1);
        assert!(error.ends_with('ä'));
    }
}
