//! The images that a caller passes for one input of a pipeline.

use crate::errors::{Exception, Kind};
use pixelflume::device::{Device, Stream};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::{Image, Input};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyList;

#[derive(Copy, Clone)]
pub(crate) struct Place<'a> {
    pub(crate) device: &'a Device,
    pub(crate) stream: &'a Stream,
    pub(crate) raw_stream: Option<isize>,
    pub(crate) axes: Option<Axes>,
}

#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) struct GpuPlace {
    pub(crate) ordinal: usize,
    pub(crate) stream: Option<isize>,
}

#[derive(Copy, Clone)]
pub(crate) struct Axes;

impl Axes {
    pub(crate) fn parse(name: &str) -> Option<Axes> {
        (name == "hwc").then_some(Axes)
    }
}

pub(crate) type FrameError = Exception;

pub(crate) fn locate(_value: &Bound<'_, PyAny>) -> PyResult<Option<GpuPlace>> {
    Ok(None)
}

pub(crate) struct Frames {
    images: Vec<Image>,
    single: bool,
}

impl Frames {
    pub(crate) fn extract(value: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Frames> {
        let _ = (place.device, place.stream, place.raw_stream, place.axes);
        if let Ok(list) = value.cast::<PyList>() {
            let mut images = Vec::new();
            for item in list.iter() {
                images.append(&mut Frames::extract(&item, place)?.images);
            }
            return Ok(Frames {
                images,
                single: false,
            });
        }
        let buffer = PyBuffer::<u8>::get(value)?;
        let shape = buffer.shape().to_vec();
        let bytes = buffer.to_vec(value.py())?;
        let (n, h, w, c, single) = match shape[..] {
            [h, w] => (1, h, w, 1, true),
            [h, w, c] => (1, h, w, c, true),
            [n, h, w, c] => (n, h, w, c, false),
            _ => return Err(Exception::new(Kind::Input, "no image").into()),
        };
        let shape = ImageShape::u8(w as u32, h as u32, c as u32);
        let images = bytes
            .chunks(bytes.len() / n)
            .map(|part| Image::new(shape, part.to_vec()).map_err(Exception::from))
            .collect::<Result<_, _>>()?;
        Ok(Frames { images, single })
    }

    pub(crate) fn is_single(&self) -> bool {
        self.single
    }

    pub(crate) fn len(&self) -> usize {
        self.images.len()
    }

    pub(crate) fn decode(&mut self, _threads: usize) -> Result<(), FrameError> {
        Ok(())
    }

    pub(crate) fn with_input<R>(
        &self,
        use_input: impl FnOnce(Input<'_>) -> R,
    ) -> Result<R, FrameError> {
        let all: Vec<&Image> = self.images.iter().collect();
        Ok(use_input(Input::Images(&all)))
    }
}

pub(crate) fn register(_module: &Bound<'_, PyModule>) -> PyResult<()> {
    Ok(())
}
