//! The keys that processors of several types have.

use super::kinds::Kind;
use super::size::{Edges, MAX_SIDE, edges, rectangle};
use crate::processor::error::ProcessorError;
use crate::processor::json::Keys;
use crate::processor::steps::{Convert, Size};
use pixelflume_ops::ResampleFilter;
use serde_json::Value;

/// A type and the keys of a JSON object.
pub(super) struct Reader {
    pub(super) kind: &'static Kind,
    pub(super) keys: Keys,
}

/// The value of `size`.
pub(super) struct SizeValue {
    /// As it stands in the text; `null` where it is missing.
    value: Value,
    pub(super) edges: Edges,
}

impl Reader {
    /// Refuses another order of the axes than that of models.
    pub(super) fn data_format(&mut self) -> Result<(), ProcessorError> {
        let key = "data_format";
        match self.keys.take(key) {
            Some(format) if format != "channels_first" => {
                let expected = "\"channels_first\"; the layout is a setting of the processor";
                Err(self.keys.refuse(key, &format, expected))
            }
            _ => Ok(()),
        }
    }

    /// The filter of a number of Pillow.
    pub(super) fn filter(&mut self) -> Result<ResampleFilter, ProcessorError> {
        let Some(value) = self.keys.take("resample") else {
            return Ok(self.kind.filter);
        };
        match value.as_u64() {
            Some(1) => Ok(ResampleFilter::Lanczos),
            Some(2) => Ok(ResampleFilter::Bilinear),
            Some(3) => Ok(ResampleFilter::Bicubic),
            Some(4) => Ok(ResampleFilter::Box),
            Some(5) => Ok(ResampleFilter::Hamming),
            _ => Err(self.keys.refuse(
                "resample",
                &value,
                "1 (lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (hamming); processors here have no 0 (nearest)",
            )),
        }
    }

    pub(super) fn convert(&mut self) -> Result<Convert, ProcessorError> {
        let keys = &mut self.keys;
        let rescale = keys.flag("do_rescale", true)?;
        let factor = keys.factor("rescale_factor")?.unwrap_or(1.0 / 255.0);
        let normalize = keys.flag("do_normalize", true)?;
        let (mean, std) = self.kind.statistics;
        let mean = keys.channels("image_mean")?.unwrap_or(mean);
        let std = keys.channels("image_std")?.unwrap_or(std);
        if normalize && std.contains(&0.0) {
            return Err(keys.refuse("image_std", &std.to_vec().into(), "numbers other than 0"));
        }
        if rescale {
            keys.needs(&["rescale_factor"])?;
        }
        if normalize {
            keys.needs(&["image_mean", "image_std"])?;
        }
        match (rescale, normalize) {
            (_, true) => Ok(Convert::Normalize {
                scale: if rescale { factor } else { 1.0 },
                mean,
                std,
            }),
            (true, false) => Ok(Convert::Rescale(factor)),
            (false, false) => Err(keys.refuse(
                "do_rescale",
                &Value::Bool(false),
                "true, or do_normalize = true: processors here give floating point samples",
            )),
        }
    }

    /// Reads `size`. One number means both sides where `square`, else the shortest edge, and `max_size` the longest. Numbers are
    /// at most `most`.
    pub(super) fn size(
        &mut self,
        square: bool,
        max_size: Option<u32>,
        most: u32,
    ) -> Result<SizeValue, ProcessorError> {
        let value = self.keys.take("size");
        let edges = match &value {
            Some(value) => edges(&self.keys, "size", value, square, max_size, most)?,
            None => self.kind.size,
        };
        Ok(SizeValue {
            value: value.unwrap_or(Value::Null),
            edges,
        })
    }

    /// Reads `size` where `default_to_square` says what one number means.
    pub(super) fn square_size(&mut self) -> Result<SizeValue, ProcessorError> {
        let square = self.keys.flag("default_to_square", self.kind.square)?;
        self.size(square, None, MAX_SIDE)
    }

    /// Reads `size` where `max_size` may give the longest edge. Where it is missing `default` does; or without a default, `max_size`
    /// can stand without `size`.
    pub(super) fn limited_size(
        &mut self,
        default: Option<u32>,
    ) -> Result<SizeValue, ProcessorError> {
        // Transformers reads a number as the shortest edge whatever `default_to_square` says.
        self.keys.flag("default_to_square", false)?;
        let max_size = self.keys.integer("max_size", 1, MAX_SIDE)?;
        let mut size = self.size(false, max_size.or(default), MAX_SIDE)?;
        if let (None, true, Some(most), Edges::ShortestLongest { longest, .. }) =
            (default, size.value.is_null(), max_size, &mut size.edges)
        {
            *longest = most;
        }
        match (max_size, size.edges) {
            (Some(most), Edges::ShortestLongest { longest, .. }) if most == longest => Ok(size),
            (None, _) => Ok(size),
            (Some(most), _) => Err(self.keys.refuse(
                "max_size",
                &most.into(),
                "the longest edge stands in size, where transformers looks for it",
            )),
        }
    }

    /// The error for a `size` of other edges than the type takes.
    pub(super) fn refuse_size(&self, size: &SizeValue, expected: &str) -> ProcessorError {
        self.keys.refuse("size", &size.value, expected)
    }

    /// The center crop, where `do_center_crop` is on.
    pub(super) fn crop(&mut self) -> Result<Option<Size>, ProcessorError> {
        let on = self.keys.flag("do_center_crop", self.kind.crop.is_some())?;
        let size = rectangle(&mut self.keys, "crop_size")?.or(self.kind.crop);
        if on {
            self.keys.needs(&["crop_size"])?;
        }
        match (on, size) {
            (false, _) => Ok(None),
            (true, Some(size)) => Ok(Some(size)),
            (true, None) => {
                Err(self
                    .keys
                    .refuse("do_center_crop", &Value::Bool(true), "it needs crop_size"))
            }
        }
    }

    /// Whether `do_pad` is on, and the size to which each image is padded. Without `pad_size` it is padded to the largest image of
    /// its batch, which changes nothing, since the images of a batch here have one size. So it is where `pad_size` is `null`.
    pub(super) fn pad(&mut self, default: bool) -> Result<(bool, Option<Size>), ProcessorError> {
        let on = self.keys.flag("do_pad", default)?;
        let size = rectangle(&mut self.keys, "pad_size")?;
        let default = self.kind.pad.filter(|_| !self.keys.was_null("pad_size"));
        Ok((on, size.or(default).filter(|_| on)))
    }

    /// Refuses `do_center_crop` for types that ignore it; `crop_size` alone changes nothing.
    pub(super) fn no_crop(&mut self) -> Result<(), ProcessorError> {
        rectangle(&mut self.keys, "crop_size")?;
        self.keys.off("do_center_crop")
    }

    /// Refuses `do_pad` for types that ignore it; `pad_size` alone changes nothing.
    pub(super) fn no_pad(&mut self) -> Result<(), ProcessorError> {
        rectangle(&mut self.keys, "pad_size")?;
        self.keys.off("do_pad")
    }
}
