//! Memory follows the bytes that arrive, whatever a file declares.

use pixelflume_files::npy::Array;
use pixelflume_files::npz::{Compression, Npz, NpzWriter};
use pixelflume_files::tar::{ReadLimits, ShardReader, TarCause};
use pixelflume_files::video::{FrameReader, StreamCause};
use pixelflume_heap_counter::{Counting, peak};
use pixelflume_ops::SampleType;
use std::alloc::System;
use std::io::{self, BufReader, Read};

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

const MIB: u64 = 1 << 20;

/// A header of a tar file, with a checksum that is right.
fn header(kind: u8, name: &str, size: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..124 + size.len()].copy_from_slice(size);
    block[156] = kind;
    block[148..156].fill(b' ');
    let sum: u64 = block.iter().map(|&byte| u64::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// One test, since the counter counts the allocations of all threads.
#[test]
fn what_a_file_declares_is_not_allocated() {
    // 8 GiB in octal digits, of which ten bytes are there.
    for kind in [b'0', b'L', b'x', b'g', b'5'] {
        let bytes = [header(kind, "a.jpg", b"77777777777"), vec![7; 10]].concat();
        let limits = ReadLimits {
            max_bytes: u64::MAX,
            ..ReadLimits::default()
        };
        let (bytes, samples) = peak(|| {
            let reader = ShardReader::new(&bytes[..], String::new(), limits);
            reader.filter(Result::is_ok).count()
        });
        assert_eq!(samples, 0);
        assert!(bytes < 2 * MIB, "{}: {bytes} bytes", char::from(kind));
    }

    // The largest number of base 256.
    let mut size = [0xff; 12];
    size[..4].copy_from_slice(&[0x80, 0, 0, 0]);
    let bytes = header(b'0', "a.jpg", &size);
    let limits = ReadLimits {
        max_bytes: u64::MAX,
        ..ReadLimits::default()
    };
    let error = ShardReader::new(&bytes[..], String::new(), limits).next();
    assert!(matches!(error.unwrap().unwrap_err().cause, TarCause::Size));

    // A sample of as many bytes as are allowed, of an endless file.
    let endless = header(b'0', "a.jpg", b"77777777777");
    let source = endless.chain(io::repeat(7));
    let (bytes, error) = peak(|| {
        let mut reader = ShardReader::new(source, String::new(), ReadLimits::default());
        reader.next().unwrap().unwrap_err()
    });
    assert!(matches!(error.cause, TarCause::TooLarge { .. }), "{error}");
    assert!(bytes < MIB, "{bytes} bytes");

    let npy = b"\x93NUMPY\x01\0\x48\0{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 1000,)}  ";
    assert_eq!(npy.len(), 10 + 0x48);
    let (bytes, array) = peak(|| Array::read(&mut &npy[..], u64::MAX));
    assert!(
        array
            .unwrap_err()
            .to_string()
            .contains("within its samples")
    );
    assert!(bytes < 2 * MIB, "{bytes} bytes");

    // An archive of 100 KiB that expands to 100 MiB has an array that is bounded; and the list is not longer than the file.
    let zeros = vec![0; 100 << 20];
    let mut writer = NpzWriter::new(Vec::new(), Compression::Deflated);
    writer
        .write("a", SampleType::U8, &[zeros.len()], &zeros)
        .unwrap();
    let file = writer.finish().unwrap();
    let mut lies = file.clone();
    // The number of members at the end: 65,534.
    let at = lies.len() - 22;
    lies[at + 8..at + 12].copy_from_slice(&[0xfe, 0xff, 0xfe, 0xff]);
    for file in [file, lies] {
        let length = file.len() as u64;
        let (bytes, array) = peak(|| Npz::from_bytes(file).map(|npz| npz.read("a", MIB).is_ok()));
        assert!(!array.unwrap_or(false));
        assert!(bytes < length + 2 * MIB, "{bytes} bytes");
    }

    let large = b"YUV4MPEG2 W60000 H60000 C444\nFRAME\nabc";
    let (bytes, error) = peak(|| {
        let source = BufReader::new(&large[..]);
        let mut reader = FrameReader::y4m(source, String::new(), u64::MAX).unwrap();
        reader.next_frame(&mut Vec::new()).unwrap_err()
    });
    assert!(
        matches!(error.cause, StreamCause::Frame { got: 3, .. }),
        "{error}"
    );
    assert!(bytes < 2 * MIB, "{bytes} bytes");
}
