//! Images of Pillow.
#![expect(unsafe_code, reason = "reads the memory of images by address")]

use crate::frames::array::Array;
use crate::frames::arrow::ArrowBytes;
use crate::frames::axes::{Axis, ImageAxes};
use crate::frames::error::{Problem, Refusal};
use crate::frames::owner::{Attached, Owner};
use crate::frames::pixels::Pixels;
use pixelflume::ops::SampleType;
use pyo3::exceptions::{PyAttributeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyType};

/// Whether a value is an image of Pillow. Pillow is not imported for it.
pub(super) fn is_image(value: &Bound<'_, PyAny>) -> bool {
    class(value.py()).is_some_and(|class| value.is_instance(class).unwrap_or(false))
}

/// The class `PIL.Image.Image`; `None` where Pillow is not imported.
fn class(py: Python<'_>) -> Option<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.get(py).or_else(|| {
        let modules = py.import(pyo3::intern!(py, "sys")).ok()?;
        let modules = modules.getattr(pyo3::intern!(py, "modules")).ok()?;
        let module = modules.get_item(pyo3::intern!(py, "PIL.Image")).ok()?;
        let class = module.getattr(pyo3::intern!(py, "Image")).ok()?;
        let class = class.cast_into::<PyType>().ok()?.unbind();
        CLASS.set(py, class).ok();
        CLASS.get(py)
    });
    class.map(|class| class.bind(py))
}

/// The pixels of an image: modes L, RGB and RGBA as they are, other modes of 8 bits or fewer as `convert("RGB")` gives them. An image
/// file that was opened and not read yet is decoded by Pillow.
pub(super) fn pixels(value: &Bound<'_, PyAny>) -> Result<Pixels, Refusal> {
    taken(value).map_err(|error| match error {
        Failure::Call(cause) => Refusal::of_producer(value, "reading the image", cause),
        Failure::Problem(problem) => Refusal::Problem(problem),
    })
}

enum Failure {
    Call(PyErr),
    Problem(Problem),
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Failure::Call(error)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Failure::Problem(problem)
    }
}

fn taken(value: &Bound<'_, PyAny>) -> Result<Pixels, Failure> {
    let py = value.py();
    let mode = value.getattr(pyo3::intern!(py, "mode"))?;
    let known = match mode.extract::<&str>()? {
        "L" => Some(1),
        "RGB" => Some(3),
        "RGBA" => Some(4),
        // Pillow would clip their samples to 255.
        mode @ ("I" | "F") => return Err(wide(mode, SCALE)),
        mode if mode.starts_with("I;16") => return Err(wide(mode, SCALE_16)),
        _ => None,
    };
    let (image, channels) = match known {
        Some(channels) => (value.clone(), channels),
        None => (
            value.call_method1(pyo3::intern!(py, "convert"), ("RGB",))?,
            3,
        ),
    };
    let name = pyo3::intern!(py, "size");
    let (width, height): (u32, u32) = image.getattr(name)?.extract()?;
    let size = [width, height];
    if width == 0 || height == 0 {
        let shape = vec![i64::from(height), i64::from(width), i64::from(channels)];
        let axis = usize::from(height != 0);
        return Err(Problem::Extent { shape, axis }.into());
    }
    // The method of the class itself: one of a derived class could give anything.
    let name = pyo3::intern!(py, "__arrow_c_array__");
    let export = class(py).map(|class| class.getattr(name)?.call1((&image,)));
    let bytes = export.transpose().and_then(|capsules| match capsules {
        // SAFETY: the capsules are those of Pillow's own method.
        Some(capsules) => unsafe { ArrowBytes::take(&capsules) },
        None => Ok(None),
    });
    match bytes {
        Ok(Some(bytes)) => {
            // Three channels are stored as four.
            let stored = if channels == 3 { 4 } else { channels };
            let expected = [width, height, stored]
                .map(u64::from)
                .iter()
                .product::<u64>();
            if bytes.len() as u64 == expected && bytes.group() as u64 == u64::from(stored) {
                let array = array(bytes.first(), size, channels, stored);
                let owner = Owner::Arrow(Attached::new(bytes));
                // SAFETY: the memory has `stored` bytes for each pixel, as was checked, until the owner releases it.
                return Ok(unsafe { Pixels::of_array(array, owner) }?);
            }
        }
        Ok(None) => {}
        // An image in several blocks; a Pillow without the method.
        Err(error) if error.is_instance_of::<PyValueError>(py) => {}
        Err(error) if error.is_instance_of::<PyAttributeError>(py) => {}
        Err(error) => return Err(error.into()),
    }
    let bytes = image.call_method0(pyo3::intern!(py, "tobytes"))?;
    let bytes = bytes.cast_into::<PyBytes>().map_err(PyErr::from)?;
    let expected = [width, height, channels]
        .map(u64::from)
        .iter()
        .product::<u64>();
    let got = bytes.as_bytes().len() as u64;
    if got != expected {
        let text = format!(
            "tobytes() gave {got} bytes for {width}x{height} pixels of {channels} channels"
        );
        return Err(PyValueError::new_err(text).into());
    }
    let array = array(bytes.as_bytes().as_ptr(), size, channels, channels);
    let owner = Owner::Object(bytes.into_any().unbind());
    // SAFETY: the bytes do not change, and were counted.
    Ok(unsafe { Pixels::of_array(array, owner) }?)
}

const SCALE: &str = "bring them to 0 to 255 and convert, for example with `image.point(lambda v: v * 255 / largest).convert(\"L\")`";
const SCALE_16: &str = "pass `(numpy.asarray(image) >> 8).astype(\"uint8\")`, or the file itself, which is read with samples of 8 bits";

/// The refusal of a mode whose samples have more than 8 bits.
fn wide(mode: &str, advice: &'static str) -> Failure {
    let name = format!("mode {mode:?} of Pillow, which have more than 8 bits,");
    Problem::Sample { name, advice }.into()
}

/// Pixels of `stored` bytes, of which the first `channels` are used.
fn array(first: *const u8, [width, height]: [u32; 2], channels: u32, stored: u32) -> Array {
    let row = i64::from(width) * i64::from(stored);
    let axis = |extent: u32, stride: i64| Axis { extent, stride };
    Array {
        first,
        sample: SampleType::U8,
        axes: ImageAxes {
            images: axis(1, 0),
            rows: axis(height, row),
            columns: axis(width, i64::from(stored)),
            channels: axis(channels, 1),
            is_batch: false,
        },
    }
}
