//! Room of the caller for the text of an error.

use std::error::Error;
use std::ffi::c_char;

/// Room for the text of an error, with a null byte at its end; it may be none.
pub(crate) struct ErrorText {
    start: *mut c_char,
    room: usize,
}

impl ErrorText {
    /// # Safety
    /// `start` has room for `room` bytes, as long as the value is used.
    pub(crate) unsafe fn new(start: *mut c_char, room: usize) -> Self {
        ErrorText { start, room }
    }

    /// The value, or `None` where there is an error, whose text is written, cut to the room.
    pub(crate) fn of<T>(&self, result: Result<T, Box<dyn Error>>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.write(error.to_string().as_bytes());
                None
            }
        }
    }

    fn write(&self, text: &[u8]) {
        let Some(most) = self.room.checked_sub(1) else {
            return;
        };
        let length = text.len().min(most);
        // SAFETY: there is room for one byte more, as promised to `new`.
        unsafe {
            self.start
                .cast::<u8>()
                .copy_from_nonoverlapping(text.as_ptr(), length);
            *self.start.add(length) = 0;
        }
    }
}
