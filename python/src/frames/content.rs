//! Images of a caller as what a job takes.
#![expect(unsafe_code, reason = "copies memory of a device")]

use crate::errors::Exception;
use crate::frames::error::Problem;
use crate::frames::pixels::{OnDevice, Pixels};
use crate::frames::{Frames, Images};
use pixelflume::device::Stream;
use pixelflume::memory::MemoryManager;
use pixelflume::pipeline::{BatchLayout, DeviceTensor};
use pixelflume::runtime::{Content, Made};
use pyo3::PyResult;

impl Frames {
    /// The one image as what a job takes. A file is read by the job; an array in ordinary memory is copied by a worker of the job,
    /// and until then kept where it is; one on a GPU is copied now, in the order of `stream`.
    ///
    /// # Errors
    /// There is no memory for a copy on the GPU.
    pub(crate) fn into_content(self, stream: &Stream, memory: &MemoryManager) -> PyResult<Content> {
        let pixels = match self.0 {
            Images::One { pixels, .. } => Some(pixels),
            Images::List(mut images) => images.pop(),
        };
        let pixels = pixels.ok_or_else(|| Problem::NoImages.at(None))?;
        let tensor = match (pixels.shape(), pixels) {
            (Some(shape), pixels) => {
                let make =
                    move || Ok(pixels.into_image().map_err(|problem| problem.to_string())?);
                return Ok(Content::Made(Made::new(shape, make)));
            }
            (None, Pixels::Encoded(file)) => return Ok(file.into_content()),
            (None, Pixels::Device(image)) => copied(&image, stream, memory),
            (None, _) => return Err(Problem::NotDecoded.at(None).into()),
        };
        Ok(Content::Tensor(tensor?))
    }
}

/// Copies an image on a device, in the order of the stream that orders it.
fn copied(image: &OnDevice, stream: &Stream, memory: &MemoryManager) -> PyResult<DeviceTensor> {
    let shape = image.layout.shape();
    let bytes = shape.bytes();
    let buffer = memory.allocate(bytes, stream).map_err(Exception::from)?;
    let copy = |rows: usize, piece: usize| -> PyResult<()> {
        for row in 0..rows {
            let from = image.memory.address().offset(image.layout.row_offset(row));
            let to = buffer.address().offset(row * piece);
            // SAFETY: both ranges lie inside their memory: the layout was checked for the one that is borrowed, and the other has
            // room for all rows. Both memories are ordered by `stream`: the borrowed one was taken with it, and keeps its owner
            // until the work in it is done; the other one is new and has it as its home.
            unsafe { stream.copy(to, from, piece) }.map_err(Exception::from)?;
        }
        Ok(())
    };
    match image.layout.is_tight() {
        true => copy(1, bytes)?,
        false => copy(shape.rows(), shape.row_bytes())?,
    }
    let tensor = DeviceTensor::new(buffer, BatchLayout::tight(shape, 1), memory);
    Ok(tensor.map_err(Exception::from)?)
}

/// What is said of a file that is not there.
pub(crate) fn no_file() -> String {
    Problem::NoFile.to_string()
}
