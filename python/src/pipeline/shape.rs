//! Shapes of images: from Python's tuples, and back.

use crate::pipeline::wrong;
use pixelflume::graph::text::Shown;
use pixelflume::ops::{ImageShape, Layout, SampleType};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

/// A shape as Python has it: height, width, channels, name of the sample type, and `hwc` or `chw`.
pub(crate) type ShapeTuple = (u32, u32, u32, &'static str, &'static str);

/// The tuple of a shape.
pub(crate) fn tuple_of(shape: ImageShape) -> ShapeTuple {
    let layout = match shape.layout {
        Layout::Interleaved => "hwc",
        Layout::Planar => "chw",
    };
    let ImageShape {
        width,
        height,
        channels,
        sample,
        ..
    } = shape;
    (height, width, channels, sample.name(), layout)
}

/// The shape that a tuple or list stands for: `(height, width)` of one channel, `(height, width, channels)`, or these with the
/// names of sample type and layout.
///
/// # Errors
/// The value is none of these.
pub(crate) fn shape_of(given: &Bound<'_, PyAny>) -> PyResult<ImageShape> {
    // A list or an array means the same as a tuple.
    let is_short = given.len().is_ok_and(|items| items <= 5);
    let tuple = match is_short && !given.is_instance_of::<PyString>() {
        true => given.py().get_type::<PyTuple>().call1((given,))?,
        false => given.clone(),
    };
    let given = &tuple;
    if let Ok((height, width)) = given.extract::<(u32, u32)>() {
        return Ok(ImageShape::u8(width, height, 1));
    }
    if let Ok((height, width, channels)) = given.extract::<(u32, u32, u32)>() {
        return Ok(ImageShape::u8(width, height, channels));
    }
    let Ok((height, width, channels, sample, layout)) =
        given.extract::<(u32, u32, u32, String, String)>()
    else {
        return Err(wrong(format!(
            "a shape is (height, width, channels), or an ImageShape; got {}",
            Shown(given.repr()?.to_string())
        )));
    };
    let known = [
        SampleType::U8,
        SampleType::I16,
        SampleType::F16,
        SampleType::Bf16,
        SampleType::F32,
        SampleType::F64,
        SampleType::I32,
    ];
    let sample = known.into_iter().find(|known| known.name() == sample);
    let sample = sample
        .ok_or_else(|| wrong("a sample type of a shape is u8, i16, f16, bf16, f32, f64 or i32"))?;
    let layout = match &*layout {
        "hwc" => Layout::Interleaved,
        "chw" => Layout::Planar,
        _ => {
            return Err(wrong("the layout of a shape is hwc or chw"));
        }
    };
    Ok(ImageShape {
        width,
        height,
        channels,
        sample,
        layout,
    })
}
