//! One block of a tar file that describes a member: POSIX ustar, with the extensions of GNU tar, Python and pax.

use super::error::TarCause;

/// Bytes of a block; members begin at multiples of it.
pub(super) const BLOCK: usize = 512;

/// The most bytes that a ustar header says without an extension.
const MAX_SIZE: u64 = 0o77_777_777_777;

/// What a member is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// A regular file.
    File,
    /// The name of the next member, as GNU tar writes long ones.
    LongName,
    /// Records about the next member, of pax.
    Records,
    /// A file with holes, which the blocks behind the header describe.
    Sparse,
    /// A folder, a link or a device, behind whose header nothing is, whatever its size says.
    Bare,
    /// Anything else, such as records that the members of an archive share.
    Other,
}

/// A header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// Bytes of the member.
    pub(super) size: u64,
    /// The name in the header, which may be shortened.
    pub(super) name: Vec<u8>,
}

impl Header {
    /// Reads a block; `None` where it is all zeros, as at the end of an archive.
    pub(super) fn parse(block: &[u8; BLOCK]) -> Result<Option<Self>, TarCause> {
        if block.iter().all(|&byte| byte == 0) {
            return Ok(None);
        }
        let declared = octal(&block[148..156]).ok_or(TarCause::Checksum)?;
        // The field of the sum counts as spaces. Old programs took the bytes as signed.
        let bytes = || {
            let outside = |&(at, _): &(usize, &u8)| !(148..156).contains(&at);
            block
                .iter()
                .enumerate()
                .filter(outside)
                .map(|(_, &byte)| byte)
        };
        let unsigned: u64 = bytes().map(u64::from).sum::<u64>() + 8 * 32;
        let signed: i64 = bytes().map(|byte| i64::from(byte as i8)).sum::<i64>() + 8 * 32;
        if declared != unsigned && i64::try_from(declared) != Ok(signed) {
            return Err(TarCause::Checksum);
        }
        let mut kind = match block[156] {
            b'1'..=b'6' => Kind::Bare,
            b'0' | b'7' | 0 => Kind::File,
            b'L' => Kind::LongName,
            b'x' | b'X' => Kind::Records,
            b'S' => Kind::Sparse,
            _ => Kind::Other,
        };
        let mut name = text(&block[..100]).to_vec();
        // Of the fields behind the magic, that of GNU tar is something else.
        let prefix = text(&block[345..500]);
        if &block[257..263] == b"ustar\0" && !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        }
        // Before there was a kind for them, the names of folders ended in a slash.
        if block[156] == 0 && name.ends_with(b"/") {
            kind = Kind::Bare;
        }
        Ok(Some(Header {
            kind,
            size: number(&block[124..136]).ok_or(TarCause::Size)?,
            name,
        }))
    }
}

/// The bytes before the first zero.
fn text(field: &[u8]) -> &[u8] {
    let length = field.iter().position(|&byte| byte == 0);
    &field[..length.unwrap_or(field.len())]
}

/// A number in octal digits, or in base 256 as GNU tar writes large ones.
fn number(field: &[u8]) -> Option<u64> {
    match field.split_first() {
        Some((0x80, rest)) => {
            let (high, low) = rest.split_at(rest.len() - 8);
            let low = low
                .iter()
                .fold(0, |number, &byte| number << 8 | u64::from(byte));
            high.iter().all(|&byte| byte == 0).then_some(low)
        }
        _ => octal(field),
    }
}

/// Octal digits between spaces and zeros; an empty field is 0.
fn octal(field: &[u8]) -> Option<u64> {
    let digits = text(field).trim_ascii();
    digits.iter().try_fold(0u64, |number, &digit| {
        let is_octal = matches!(digit, b'0'..=b'7') && number < 1 << 60;
        is_octal.then(|| number << 3 | u64::from(digit - b'0'))
    })
}

/// The header of a file of this name and size, mode 0644 and without owner and time; `None` where name or size need an extension.
pub(super) fn file(name: &str, size: u64) -> Option<[u8; BLOCK]> {
    let (prefix, name) = split(name)?;
    (size <= MAX_SIZE).then(|| block(prefix, name, b'0', size))
}

/// The headers of a file of any name and size: records of pax, then the header for readers that do not know those.
pub(super) fn extended(name: &str, size: u64) -> Vec<u8> {
    let mut records = record("path", name);
    if size > MAX_SIZE {
        records += &record("size", &size.to_string());
    }
    let mut bytes = block("", "PaxHeader", b'x', records.len() as u64).to_vec();
    bytes.extend_from_slice(records.as_bytes());
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    let mut end = name.len().min(100);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    bytes.extend_from_slice(&block("", &name[..end], b'0', size.min(MAX_SIZE)));
    bytes
}

/// A record of pax: its length in decimal digits, with which it begins, a key and a value.
fn record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len() + 1;
    // The digits count, too.
    while length.to_string().len() + rest.len() != length {
        length = length.to_string().len() + rest.len();
    }
    format!("{length}{rest}")
}

/// A name as the two fields of ustar.
fn split(name: &str) -> Option<(&str, &str)> {
    if name.len() <= 100 {
        return Some(("", name));
    }
    let mut slashes = name.match_indices('/');
    slashes.find_map(|(at, _)| {
        let (prefix, name) = (&name[..at], &name[at + 1..]);
        (prefix.len() <= 155 && !prefix.is_empty() && name.len() <= 100 && !name.is_empty())
            .then_some((prefix, name))
    })
}

fn block(prefix: &str, name: &str, kind: u8, size: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    put(329, b"0000000\0");
    put(337, b"0000000\0");
    put(345, prefix.as_bytes());
    let sum: u64 = block.iter().map(|&byte| u64::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(block: &[u8; BLOCK]) -> Header {
        Header::parse(block).unwrap().unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let long = format!("{}/{}", "f".repeat(150), "n".repeat(99));
        for (name, size) in [("a.jpg", 0), ("b/c.png", MAX_SIZE), (&long, 7)] {
            let header = parsed(&file(name, size).unwrap());
            assert_eq!((header.kind, header.size), (Kind::File, size));
            assert_eq!(header.name, name.as_bytes());
        }
        assert_eq!(file(&"n".repeat(101), 0), None);
        assert_eq!(file("a", MAX_SIZE + 1), None);
    }

    #[test]
    fn records_have_their_own_length() {
        assert_eq!(record("path", "abc"), "12 path=abc\n");
        for length in [1, 85, 86, 87, 88, 89, 90, 985, 986, 987, 988, 989, 990] {
            let record = record("path", &"v".repeat(length));
            let digits = record.split(' ').next().unwrap();
            assert_eq!(digits.parse(), Ok(record.len()));
        }
    }

    #[test]
    fn numbers_are_octal_or_base_256() {
        assert_eq!(octal(b"0000644\0"), Some(0o644));
        assert_eq!(octal(b"   644 \0"), Some(0o644));
        assert_eq!(octal(b"\0\0\0"), Some(0));
        assert_eq!(octal(b"0008"), None);
        assert_eq!(octal(b"-1"), None);
        assert_eq!(octal(b"\x01"), None);
        assert_eq!(octal(&[b'7'; 30]), None);
        let mut large = [0; 12];
        large[0] = 0x80;
        large[7] = 1;
        assert_eq!(number(&large), Some(1 << 32));
        large[1] = 1;
        assert_eq!(number(&large), None);
        large[0] = 0xff;
        assert_eq!(number(&large), None);
    }

    #[test]
    fn sums_are_compared() {
        let mut block = file("a", 3).unwrap();
        block[0] = b'b';
        assert!(matches!(Header::parse(&block), Err(TarCause::Checksum)));
        assert_eq!(Header::parse(&[0; BLOCK]).unwrap(), None);
    }

    proptest! {
        #[test]
        fn any_block_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), BLOCK)) {
            let mut block: [u8; BLOCK] = bytes.try_into().unwrap();
            let _ = Header::parse(&block);
            // With a sum that is right.
            block[148..156].fill(b' ');
            let sum: u64 = block.iter().map(|&byte| u64::from(byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            let _ = Header::parse(&block);
        }
    }
}
