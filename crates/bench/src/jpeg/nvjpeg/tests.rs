//! The calls to nvJPEG, of a library in this process that decodes with the decoder of this project, and fails where it is told to.
#![expect(unsafe_code, reason = "plays the library")]

use super::decoder::NvJpeg;
use super::error::NvJpegError;
use super::library::{Api, Handle, NvImage, OUTPUT_RGBI, open_one_of};
use super::{Backend, INTERPOLATE};
use pixelflume::codec::{DecodeOptions, EncodeOptions, Format, decode, encode};
use pixelflume::device::Device;
use pixelflume::memory::{MemoryConfig, MemoryManager};
use pixelflume::pipeline::{Image, ImageView};
use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_uchar, c_uint, c_void};
use std::{ptr, slice};

thread_local! {
    /// The function that fails, with its status, and how many calls of it are good before.
    static FAILS: Cell<Option<(&'static str, c_int, usize)>> = const { Cell::new(None) };
    /// The calls, in order.
    static CALLS: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
    /// Handles and states that are not destroyed.
    static ALIVE: Cell<usize> = const { Cell::new(0) };
}

/// Notes a call; its status.
fn called(function: &'static str) -> c_int {
    CALLS.with_borrow_mut(|calls| calls.push(function));
    match FAILS.get() {
        Some((fails, status, 0)) if fails == function => status,
        Some((fails, status, before)) if fails == function => {
            FAILS.set(Some((fails, status, before - 1)));
            0
        }
        _ => 0,
    }
}

/// A call that makes something.
fn made(function: &'static str, place: *mut Handle) -> c_int {
    let status = called(function);
    if status == 0 {
        ALIVE.set(ALIVE.get() + 1);
        // SAFETY: the caller passes a place for the result.
        unsafe { *place = ptr::without_provenance_mut(ALIVE.get()) };
    }
    status
}

fn gone(function: &'static str) -> c_int {
    ALIVE.set(ALIVE.get() - 1);
    called(function)
}

unsafe extern "C" fn create(
    backend: c_int,
    _: *const c_void,
    _: *const c_void,
    flags: c_uint,
    place: *mut Handle,
) -> c_int {
    assert_eq!((backend, flags), (2, INTERPOLATE));
    made("create", place)
}

unsafe extern "C" fn destroy(_: Handle) -> c_int {
    gone("destroy")
}

unsafe extern "C" fn state_create(_: Handle, place: *mut Handle) -> c_int {
    made("state_create", place)
}

unsafe extern "C" fn state_destroy(_: Handle) -> c_int {
    gone("state_destroy")
}

/// The image of a file.
///
/// # Safety
/// There are as many bytes.
unsafe fn image(file: *const c_uchar, length: usize) -> Option<Image> {
    // SAFETY: promised by the caller.
    let file = unsafe { slice::from_raw_parts(file, length) };
    decode(file, &DecodeOptions::default()).ok()
}

unsafe extern "C" fn image_info(
    _: Handle,
    file: *const c_uchar,
    length: usize,
    components: *mut c_int,
    subsampling: *mut c_int,
    widths: *mut c_int,
    heights: *mut c_int,
) -> c_int {
    // SAFETY: the caller passes a file with its length.
    let Some(image) = (unsafe { image(file, length) }) else {
        return 3;
    };
    let shape = image.shape();
    // SAFETY: these are places for the results.
    unsafe {
        *components = 3;
        *subsampling = 0;
        *widths = shape.width as c_int;
        *heights = shape.height as c_int;
    }
    called("image_info")
}

unsafe extern "C" fn batch_initialize(
    _: Handle,
    _: Handle,
    batch: c_int,
    threads: c_int,
    format: c_int,
) -> c_int {
    assert!(batch > 0 && threads > 0 && format == OUTPUT_RGBI);
    called("batch_initialize")
}

/// Writes the image of a file, of which the first sample is one more.
///
/// # Safety
/// The file has as many bytes, and the place room for the image.
unsafe fn write(file: *const c_uchar, length: usize, place: &NvImage) {
    // SAFETY: promised by the caller.
    let image = unsafe { image(file, length) }.expect("a file whose size was asked for");
    let row_bytes = image.shape().row_bytes();
    for (number, row) in image.data().chunks_exact(row_bytes).enumerate() {
        // SAFETY: the rows are in the room of the place.
        unsafe {
            let target = place.channel[0].add(number * place.pitch[0]);
            ptr::copy_nonoverlapping(row.as_ptr(), target, row_bytes);
        }
    }
    // SAFETY: there is at least one sample.
    unsafe { *place.channel[0] = (*place.channel[0]).wrapping_add(1) };
}

unsafe extern "C" fn decode_batch(
    _: Handle,
    _: Handle,
    files: *const *const c_uchar,
    lengths: *const usize,
    places: *mut NvImage,
    _: Handle,
) -> c_int {
    let status = called("decode_batch");
    if status != 0 {
        return status;
    }
    for index in 0..3 {
        // SAFETY: the batches of these tests have three files.
        unsafe { write(*files.add(index), *lengths.add(index), &*places.add(index)) };
    }
    0
}

unsafe extern "C" fn decode_one(
    _: Handle,
    _: Handle,
    file: *const c_uchar,
    length: usize,
    _: c_int,
    place: *mut NvImage,
    _: Handle,
) -> c_int {
    // SAFETY: the caller passes a file with its length, and room for its image.
    unsafe { write(file, length, &*place) };
    called("decode")
}

const API: Api = Api {
    create,
    destroy,
    state_create,
    state_destroy,
    image_info,
    batch_initialize,
    decode_batch,
    decode: decode_one,
};

const BACKEND: Backend = Backend::ALL[2];

fn memory() -> MemoryManager {
    MemoryManager::new(&Device::host(), MemoryConfig::default())
}

/// Three files of two sizes.
fn files() -> Vec<Vec<u8>> {
    let file = |width| {
        let image = Image::from_fn(width, 20, 3, |x, y, c| (x * 5 + y * 3 + c * 40) as u8);
        let image = image.expect("a shape of an image");
        let view = ImageView::from(&image);
        encode(view, Format::Jpeg, &EncodeOptions::default()).expect("an image for JPEG")
    };
    [30, 17, 30].map(file).to_vec()
}

#[test]
fn batches_are_decoded_and_everything_is_destroyed() {
    let memory = memory();
    let files = files();
    let batches = vec![files.iter().map(Vec::as_slice).collect::<Vec<_>>(); 5];
    let mut decoder = NvJpeg::with(API, &memory, BACKEND).unwrap();
    let times = decoder.decode_all(batches.iter()).unwrap();
    assert_eq!(times.len(), 3);
    for (image, file) in decoder.images().iter().zip(&files) {
        let expected = decode(file, &DecodeOptions::default()).unwrap();
        assert_eq!(image.shape, expected.shape());
        let mut pinned = memory.pinned(image.shape.bytes()).unwrap();
        let all = 0..image.shape.bytes();
        let stream = image.buffer.stream();
        image.buffer.download(0, &mut pinned, all, stream).unwrap();
        let got = pinned.as_slice().unwrap();
        assert_eq!(got[0], expected.data()[0].wrapping_add(1));
        assert_eq!(got[1..], expected.data()[1..]);
    }
    decoder.decode_one(&files[1]).unwrap();
    assert_eq!(decoder.images().len(), 1);
    drop(decoder);
    assert_eq!(ALIVE.get(), 0);
    let count =
        |function| CALLS.with_borrow(|calls| calls.iter().filter(|of| **of == function).count());
    assert_eq!(count("batch_initialize"), 2, "one for each lane");
    assert_eq!(count("decode_batch"), 5);
    assert_eq!(count("state_destroy"), 2);
}

#[test]
fn each_call_may_fail() {
    for (function, name, before) in [
        ("create", "nvjpegCreateEx", 0),
        ("state_create", "nvjpegJpegStateCreate", 1),
        ("image_info", "nvjpegGetImageInfo", 4),
        ("batch_initialize", "nvjpegDecodeBatchedInitialize", 1),
        ("decode_batch", "nvjpegDecodeBatched", 2),
        ("decode", "nvjpegDecode", 0),
    ] {
        FAILS.set(Some((function, 5, before)));
        let files = files();
        let batches = vec![files.iter().map(Vec::as_slice).collect::<Vec<_>>(); 4];
        let failed = NvJpeg::with(API, &memory(), BACKEND).and_then(|mut decoder| {
            decoder.decode_all(batches.iter())?;
            decoder.decode_one(&files[0])
        });
        let error = failed.unwrap_err();
        assert!(matches!(error, NvJpegError::Call { status: 5, .. }));
        let expected = format!("{name} failed: NVJPEG_STATUS_ALLOCATOR_FAILURE (5)");
        assert_eq!(error.to_string(), expected);
        assert_eq!(ALIVE.get(), 0, "{name}");
    }
}

#[test]
fn a_file_that_is_none_fails_its_batch() {
    let mut decoder = NvJpeg::with(API, &memory(), BACKEND).unwrap();
    let error = decoder
        .decode_all([vec![&b"GIF89a"[..]; 3]].iter())
        .unwrap_err();
    assert!(
        error.to_string().contains("NVJPEG_STATUS_BAD_JPEG"),
        "{error}"
    );
}

#[test]
fn libraries_that_are_absent_or_other_ones_are_reported() {
    let error = open_one_of(&["/no/such/libnvjpeg.so.12".into()]).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, NvJpegError::NotFound { .. }));
    assert!(
        text.contains("/no/such/libnvjpeg.so.12: cannot open"),
        "{text}"
    );
    assert!(text.contains("PIXELFLUME_NVJPEG"), "{text}");
    let error = open_one_of(&["/no/such/library".into(), "libc.so.6".into()]).unwrap_err();
    let NvJpegError::Missing { library, function } = error else {
        panic!("{error}");
    };
    assert_eq!(
        (library.as_str(), function),
        ("libc.so.6", "nvjpegCreateEx")
    );
}

#[test]
fn the_host_device_has_no_nvjpeg() {
    let error = NvJpeg::open(&memory(), BACKEND).unwrap_err();
    assert!(matches!(error, NvJpegError::NotCuda(_)), "{error}");
}
