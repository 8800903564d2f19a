//! What the kernels of `jpeg_entropy.cu` do together, on a driver without a GPU: the last one makes the coefficients, by the decoder of
//! the CPU, of the file that it finds in the bytes of the batch. A file with damage gets a status.

use bytemuck::{bytes_of, cast_slice, pod_read_unaligned};
use pixelflume_cuda_driver::testing::{DeviceMemory, Fake};
use pixelflume_jpeg::{Decoder, Options};
use pixelflume_kernels::args::{JpegEntropyArgs, JpegOdd, JpegScan};

pub(crate) fn tell(fake: &Fake) {
    let size = size_of::<JpegEntropyArgs>();
    for name in [
        "jpeg_stuffing",
        "jpeg_unstuff",
        "jpeg_guess",
        "jpeg_meet",
        "jpeg_choose",
        "jpeg_count",
        "jpeg_scan",
    ] {
        fake.on_kernel(name, size, |_, _| {});
    }
    fake.on_kernel("jpeg_write", size, |args, memory| {
        let args: JpegEntropyArgs = pod_read_unaligned(args);
        for image in 0..u64::from(args.count) {
            let at = args.scans + image * size_of::<JpegScan>() as u64;
            let scan: JpegScan = pod_read_unaligned(memory.bytes(at, size_of::<JpegScan>()));
            let status = args.statuses + image * 4;
            assert_eq!(
                memory.bytes(status, 4),
                [0; 4],
                "the status of image {image}"
            );
            if !decode(&args, &scan, memory) {
                memory
                    .bytes(status, 4)
                    .copy_from_slice(bytes_of(&JpegOdd::CODE));
            }
        }
    });
}

/// Whether the file of a scan is whole; its coefficients are written then.
fn decode(args: &JpegEntropyArgs, scan: &JpegScan, memory: &mut DeviceMemory<'_>) -> bool {
    let bytes = memory.bytes(args.bytes, scan.data_end as usize + 16);
    // Files begin at multiples of 16.
    let starts = (0..=scan.data as usize / 16).rev().map(|unit| unit * 16);
    let start = starts
        .into_iter()
        .find(|&at| bytes[at..].starts_with(&[255, 216, 255]));
    let file = bytes[start.expect("a file")..scan.data_end as usize].to_vec();
    let mut decoder = Decoder::new();
    let Ok(coefficients) = decoder.coefficients(&file, &Options::default()) else {
        return false;
    };
    let blocks = &scan.blocks[..scan.mcu_blocks as usize];
    for (index, component) in coefficients.components().enumerate() {
        let of_component = blocks
            .iter()
            .find(|block| block.kind >> 8 & 255 == index as u32);
        let first = of_component.expect("a block of each component").first;
        let bytes: &[u8] = cast_slice(component.blocks);
        let at = args.coefficients + u64::from(first) * 128;
        memory.bytes(at, bytes.len()).copy_from_slice(bytes);
    }
    true
}
