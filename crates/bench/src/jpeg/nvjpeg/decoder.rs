//! A decoder of batches by nvJPEG.
#![expect(unsafe_code, reason = "calls nvJPEG, which acts on addresses")]

use super::Backend;
use super::error::NvJpegError;
use super::library::{Api, COMPONENTS, Handle, NvImage, OUTPUT_RGBI, open};
use pixelflume::device::{DeviceKind, Stream};
use pixelflume::memory::{DeviceBuffer, MemoryManager};
use pixelflume::ops::ImageShape;
use std::ffi::c_int;
use std::ptr::{null, null_mut};
use std::time::Instant;

/// Batches in flight.
const LANES: usize = 2;

/// Decodes batches of files to interleaved RGB in device memory. It stays on its thread, since nvJPEG acts on the context that is
/// current there.
#[derive(Debug)]
pub(in crate::jpeg) struct NvJpeg {
    api: Api,
    handle: Handle,
    lanes: Vec<Lane>,
    memory: MemoryManager,
    /// Threads of the CPU that it may use.
    threads: c_int,
}

/// A batch in flight.
#[derive(Debug)]
struct Lane {
    /// What nvJPEG keeps for a batch.
    state: Handle,
    /// The size of batches that the state is for; 0 for none.
    batch: usize,
    stream: Stream,
    images: Vec<Decoded>,
    lists: Lists,
}

/// The lists of a batch that nvJPEG is given, which stay until the batch is complete.
#[derive(Debug, Default)]
struct Lists {
    files: Vec<*const u8>,
    lengths: Vec<usize>,
    places: Vec<NvImage>,
}

impl Lists {
    fn fill(&mut self, files: &[&[u8]], images: &[Decoded]) {
        self.files.clear();
        self.files.extend(files.iter().map(|file| file.as_ptr()));
        self.lengths.clear();
        self.lengths.extend(files.iter().map(|file| file.len()));
        self.places.clear();
        self.places.extend(images.iter().map(|image| {
            let (mut channel, mut pitch) = ([null_mut(); COMPONENTS], [0; COMPONENTS]);
            channel[0] = image.buffer.address().raw() as *mut u8;
            pitch[0] = image.shape.row_bytes();
            NvImage { channel, pitch }
        }));
    }
}

/// An image: rows without padding.
#[derive(Debug)]
pub(in crate::jpeg) struct Decoded {
    pub(in crate::jpeg) shape: ImageShape,
    pub(in crate::jpeg) buffer: DeviceBuffer,
}

/// An error for a status other than success.
fn ok(function: &'static str, status: c_int) -> Result<(), NvJpegError> {
    match status {
        0 => Ok(()),
        status => Err(NvJpegError::Call { function, status }),
    }
}

impl NvJpeg {
    /// Opens the library, and makes a decoder on the device of `memory`.
    pub(in crate::jpeg) fn open(
        memory: &MemoryManager,
        backend: Backend,
    ) -> Result<Self, NvJpegError> {
        if memory.device().kind() != DeviceKind::Cuda {
            return Err(NvJpegError::NotCuda(memory.device().to_string()));
        }
        NvJpeg::with(open()?, memory, backend)
    }

    /// The decoder of these functions.
    pub(super) fn with(
        api: Api,
        memory: &MemoryManager,
        backend: Backend,
    ) -> Result<Self, NvJpegError> {
        let streams = (0..LANES).map(|_| memory.device().stream());
        let streams = streams.collect::<Result<Vec<_>, _>>()?;
        // The device's context is current on this thread from here on, and no other.
        streams[0].synchronize()?;
        let mut handle = null_mut();
        // SAFETY: `handle` is a place for the result, and null stands for the library's own allocators.
        let status =
            unsafe { (api.create)(backend.number, null(), null(), backend.flags, &mut handle) };
        ok("nvjpegCreateEx", status)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut decoder = NvJpeg {
            api,
            handle,
            lanes: Vec::with_capacity(LANES),
            memory: memory.clone(),
            threads: c_int::try_from(threads).unwrap_or(1),
        };
        for stream in streams {
            let mut state = null_mut();
            // SAFETY: the handle is one that was created, and `state` a place for the result.
            let status = unsafe { (api.state_create)(handle, &mut state) };
            ok("nvjpegJpegStateCreate", status)?;
            decoder.lanes.push(Lane {
                state,
                batch: 0,
                stream,
                images: Vec::new(),
                lists: Lists::default(),
            });
        }
        Ok(decoder)
    }

    /// Decodes batches, two of which are in flight, and waits for all; gives the times at which they were complete.
    pub(in crate::jpeg) fn decode_all<'a>(
        &mut self,
        batches: impl Iterator<Item = &'a Vec<&'a [u8]>>,
    ) -> Result<Vec<Instant>, NvJpegError> {
        let mut complete = Vec::new();
        let decoder = Waiting(self);
        for (number, batch) in batches.enumerate() {
            let lane = number % LANES;
            decoder.0.lanes[lane].stream.synchronize()?;
            if number >= LANES {
                complete.push(Instant::now());
            }
            decoder.0.begin(lane, batch, true)?;
        }
        for lane in &decoder.0.lanes {
            lane.stream.synchronize()?;
        }
        Ok(complete)
    }

    /// Decodes one file by the function for single files, and waits.
    pub(in crate::jpeg) fn decode_one(&mut self, file: &[u8]) -> Result<(), NvJpegError> {
        let decoder = Waiting(self);
        decoder.0.lanes[0].stream.synchronize()?;
        decoder.0.begin(0, &[file], false)?;
        Ok(decoder.0.lanes[0].stream.synchronize()?)
    }

    /// The images of the last batch of the first lane.
    pub(in crate::jpeg) fn images(&self) -> &[Decoded] {
        &self.lanes[0].images
    }

    /// Puts the work for a batch into the stream of a lane, which has no other: by the function for batches, or that for single files.
    /// The caller keeps the files until the stream was waited for.
    fn begin(&mut self, lane: usize, files: &[&[u8]], as_batch: bool) -> Result<(), NvJpegError> {
        let NvJpeg {
            api,
            handle,
            lanes,
            memory,
            threads,
        } = self;
        let Lane {
            state,
            batch,
            stream,
            images,
            lists,
        } = &mut lanes[lane];
        images.truncate(files.len());
        for (index, file) in files.iter().enumerate() {
            let shape = shape(api, *handle, file)?;
            if images.get(index).is_some_and(|image| image.shape == shape) {
                continue;
            }
            let buffer = memory.allocate(shape.bytes(), stream)?;
            let image = Decoded { shape, buffer };
            match images.get_mut(index) {
                Some(place) => *place = image,
                None => images.push(image),
            }
        }
        lists.fill(files, images);
        // Null on the host device, where only the functions of tests are called.
        let on = stream.raw().unwrap_or(null_mut());
        if !as_batch {
            for (file, place) in files.iter().zip(&mut lists.places) {
                // SAFETY: as below, for one file.
                let status = unsafe {
                    (api.decode)(
                        *handle,
                        *state,
                        file.as_ptr(),
                        file.len(),
                        OUTPUT_RGBI,
                        place,
                        on,
                    )
                };
                ok("nvjpegDecode", status)?;
            }
            return Ok(());
        }
        if *batch != files.len() {
            let count = c_int::try_from(files.len()).unwrap_or(c_int::MAX);
            // SAFETY: handle and state were created, and the state has no work in flight.
            let status =
                unsafe { (api.batch_initialize)(*handle, *state, count, *threads, OUTPUT_RGBI) };
            ok("nvjpegDecodeBatchedInitialize", status)?;
            *batch = files.len();
        }
        // SAFETY: handle and state were created; the state is for batches of this size and has no work in flight. The lists have as
        // many entries as files, each file as many bytes as its length, and each image a buffer of the size that nvJPEG itself tells
        // of the file, with three bytes for a pixel. The files, by the caller, and images and lists, by the lane, stay until the
        // stream is waited for. The stream is of the device whose context is current.
        let status = unsafe {
            (api.decode_batch)(
                *handle,
                *state,
                lists.files.as_ptr(),
                lists.lengths.as_ptr(),
                lists.places.as_mut_ptr(),
                on,
            )
        };
        ok("nvjpegDecodeBatched", status)
    }
}

/// The shape of the image of a file.
fn shape(api: &Api, handle: Handle, file: &[u8]) -> Result<ImageShape, NvJpegError> {
    let (mut components, mut subsampling) = (0, 0);
    let (mut widths, mut heights) = ([0; COMPONENTS], [0; COMPONENTS]);
    // SAFETY: the handle was created, the file has as many bytes as its length, and the last four are places for the results, two of
    // them for as many as there are components.
    let status = unsafe {
        (api.image_info)(
            handle,
            file.as_ptr(),
            file.len(),
            &mut components,
            &mut subsampling,
            widths.as_mut_ptr(),
            heights.as_mut_ptr(),
        )
    };
    ok("nvjpegGetImageInfo", status)?;
    let (width, height) = (widths[0], heights[0]);
    match (u32::try_from(width), u32::try_from(height)) {
        (Ok(w @ 1..=65_535), Ok(h @ 1..=65_535)) => Ok(ImageShape::u8(w, h, 3)),
        _ => Err(NvJpegError::Size { width, height }),
    }
}

/// Waits for all streams when it is dropped, also where a batch fails: nvJPEG reads files that are borrowed until then.
struct Waiting<'a>(&'a mut NvJpeg);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        for lane in &self.0.lanes {
            // It fails where the device is lost, which reads nothing any more.
            let _ = lane.stream.synchronize();
        }
    }
}

impl Drop for NvJpeg {
    fn drop(&mut self) {
        // The device's context becomes current, and nothing is in flight.
        for lane in &self.lanes {
            let _ = lane.stream.synchronize();
        }
        for lane in &self.lanes {
            // SAFETY: the state was created, is not used again, and nothing of it is in flight. A failure leaves it behind.
            let _ = unsafe { (self.api.state_destroy)(lane.state) };
        }
        // SAFETY: the same, for the handle, whose states are gone.
        let _ = unsafe { (self.api.destroy)(self.handle) };
    }
}
