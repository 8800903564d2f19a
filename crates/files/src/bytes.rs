//! Bounded reads: memory follows the bytes that arrive, not the sizes that a file declares.

use std::io::{self, Read};

/// Bytes allocated before the first byte is read.
const FIRST_BYTES: usize = 1 << 20;

/// What [`fill`] read.
#[derive(Debug)]
pub(crate) struct Filled {
    /// The bytes read; fewer than expected where the source ended or failed.
    pub(crate) bytes: usize,
    /// The error of the source.
    pub(crate) failed: Option<io::Error>,
}

impl Filled {
    /// The number of bytes, or the error of the source.
    pub(crate) fn ok(self) -> io::Result<usize> {
        match self.failed {
            None => Ok(self.bytes),
            Some(error) => Err(error),
        }
    }
}

/// Reads `expected` bytes into `buffer`, replacing its content. The buffer has at most twice the bytes that arrive, or one mebibyte; while it grows, half
/// of them may be there twice.
/// Where fewer arrive, what is behind them in `buffer` is undefined.
pub(crate) fn fill(source: &mut impl Read, buffer: &mut Vec<u8>, expected: usize) -> Filled {
    buffer.truncate(expected);
    let mut bytes = 0;
    loop {
        if bytes == buffer.len() {
            if bytes == expected {
                return Filled {
                    bytes,
                    failed: None,
                };
            }
            let more = bytes.max(FIRST_BYTES);
            let length = bytes.saturating_add(more).min(expected);
            buffer.reserve_exact(length.saturating_sub(buffer.len()));
            buffer.resize(length, 0);
        }
        match source.read(&mut buffer[bytes..]) {
            Ok(0) => {
                return Filled {
                    bytes,
                    failed: None,
                };
            }
            Ok(read) => bytes += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                return Filled {
                    bytes,
                    failed: Some(error),
                };
            }
        }
    }
}

/// The first bytes of a file for messages: quoted and escaped, at most 40 of them.
pub(crate) fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 40;
    let begin = &bytes[..bytes.len().min(MOST)];
    let dots = if bytes.len() > MOST { "..." } else { "" };
    format!("\"{}\"{dots}", begin.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_follows_the_bytes_that_arrive() {
        let mut buffer = Vec::new();
        let read = fill(&mut &[7; 10][..], &mut buffer, usize::MAX);
        assert_eq!(read.ok().unwrap(), 10);
        assert!(buffer.capacity() <= FIRST_BYTES);
        assert_eq!(buffer[..10], [7; 10]);
        let read = fill(&mut io::repeat(1), &mut buffer, 3);
        assert_eq!((read.ok().unwrap(), &*buffer), (3, &[1; 3][..]));
    }
}
