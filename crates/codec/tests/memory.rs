//! The memory of decoders, which a thread keeps.

use pixelflume_codec::{
    DecodeOptions, JPEG_HEADER_BYTES, Limits, OpenImage, decode, decode_all, read,
};
use pixelflume_heap_counter::{Counting, peak};
use std::alloc::System;
use std::io::Cursor;

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

/// One test, since others would count each other's memory.
#[test]
fn files_after_the_first_take_the_memory_of_their_image() {
    let image = image::RgbImage::from_fn(320, 200, |x, y| {
        image::Rgb([x as u8, y as u8, (x * y) as u8])
    });
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, image::ImageFormat::Jpeg).unwrap();
    let file = file.into_inner();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jpg");
    std::fs::write(&path, &file).unwrap();
    let options = DecodeOptions::default();
    let (first, decoded) = peak(|| decode(&file, &options));
    let (second, again) = peak(|| decode(&file, &options));
    assert_eq!(decoded.unwrap(), again.unwrap());
    let pixels = 320 * 200 * 3;
    assert!(first > pixels + 20_000, "{first}");
    assert!(second < pixels + 2_000, "{second}");
    // Of a file on disk its begin is read for the header, and then all of it into memory that is kept as well.
    read(&path, &options).unwrap();
    let (third, _) = peak(|| read(&path, &options));
    let header = 2 * file.len() as u64;
    assert!(third < pixels + header + 2_000, "{third}");
    // A header is in memory once, and is bounded, however long it is.
    let comment = [&[0xff, 0xfe, 0xff, 0xff][..], &[7; 65_533]].concat();
    for (comments, is_read) in [(240, true), (300, false)] {
        let file = [&file[..2], &comment.repeat(comments), &file[2..]].concat();
        std::fs::write(&path, &file).unwrap();
        let (opening, opened) = peak(|| OpenImage::of_file(&path, &options));
        assert_eq!(opened.is_ok(), is_read);
        assert!(opening < JPEG_HEADER_BYTES as u64 + 2_000, "{opening}");
    }
    batches_take_what_they_may();
}

/// Files that take twice their image beside it, more of which could be decoded at a time than there is memory for.
fn batches_take_what_they_may() {
    let image = image::ImageBuffer::<image::Rgb<u16>, _>::from_fn(900, 800, |x, y| {
        image::Rgb([x as u16 * 70, y as u16 * 80, 7])
    });
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, image::ImageFormat::Png).unwrap();
    let file = file.into_inner();
    let opened = OpenImage::of_bytes(&file, &DecodeOptions::default()).unwrap();
    let need = opened.need();
    drop(opened);
    let image = need.shape.bytes() as u64;
    let most = 6 * image + (need.bytes - image);
    let limits = Limits {
        max_batch_bytes: most,
        ..Limits::default()
    };
    let options = DecodeOptions {
        limits,
        ..DecodeOptions::default()
    };
    let (bytes, results) = peak(|| decode_all(&[file.as_slice(); 6], &options));
    assert!(results.iter().all(Result::is_ok));
    // Tables of decoders beside that.
    assert!(bytes < most + (1 << 20), "{bytes}, and {most} were allowed");
}
