//! A processor as data: the steps through which an image goes.

use pixelflume_ops::{Letterbox, ResampleFilter, ResampleSize};

/// The node of the resampled image.
pub(super) const RESIZED: &str = "resized";

/// The node of the image whose sides are multiples of a tile's.
pub(super) const TILED: &str = "tiled";

/// Width and height in pixels.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Size {
    pub(super) const fn square(side: u32) -> Self {
        Size {
            width: side,
            height: side,
        }
    }

    /// A resampling to this size, whatever the proportions.
    pub(super) const fn exact(self) -> ResampleSize {
        ResampleSize::Exact {
            width: self.width,
            height: self.height,
        }
    }
}

/// A resampling.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) struct Resize {
    pub(super) size: ResampleSize,
    /// Both sides are rounded up to multiples of this number; 1 leaves them as they are.
    pub(super) round_up_to: u32,
    /// The center crop that belongs to the resampling, and is left out with it.
    pub(super) crop: Option<Size>,
}

impl From<ResampleSize> for Resize {
    fn from(size: ResampleSize) -> Self {
        Resize {
            size,
            round_up_to: 1,
            crop: None,
        }
    }
}

/// The conversion to floating point samples.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) enum Convert {
    /// Samples times a factor.
    Rescale(f64),
    /// Samples times a factor (1 where the processor does not rescale), minus the mean, by the standard deviation.
    Normalize {
        scale: f64,
        mean: [f64; 3],
        std: [f64; 3],
    },
}

/// The form of the results.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// `pixel_values`: the image, and `pixel_mask` beside it where `mask`.
    Image { pad: Option<Size>, mask: bool },
    /// `pixel_values`: a matrix with a row for each patch, in the order of Qwen2-VL.
    Patches {
        patch: u32,
        merge: u32,
        temporal: u32,
    },
    /// `pixel_values`: the image resized to a square.
    Tile(u32),
    /// `tiles`: the image resized to sides that are multiples of this side of a tile, as a matrix with a row for each tile; and
    /// `global_image`: the image resized to one tile.
    Tiles(u32),
}

/// The steps of a processor, in order.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Steps {
    /// The filter of all resamplings.
    pub(super) filter: ResampleFilter,
    pub(super) resize: Option<Resize>,
    /// The center crop, apart from that of the resampling.
    pub(super) crop: Option<Size>,
    pub(super) convert: Convert,
    pub(super) form: Form,
}

impl Steps {
    /// Whether an image is resampled.
    pub(super) const fn resamples(&self) -> bool {
        self.resize.is_some() || matches!(self.form, Form::Tile(_) | Form::Tiles(_))
    }
}

/// A library whose processors are steps.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Library {
    Transformers,
    Torchvision,
}

/// A processor without its backend and output format.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) enum Recipe {
    /// The steps of a library.
    Steps(Library, Steps),
    /// The letterbox of ultralytics, then samples by 255.
    Letterbox(Letterbox),
}

impl Recipe {
    /// The side of the patches or tiles of the results, and the node whose output is cut into them.
    pub(super) const fn patches(&self) -> Option<(u32, &'static str)> {
        let Recipe::Steps(_, steps) = self else {
            return None;
        };
        match steps.form {
            Form::Patches { patch, .. } => Some((patch, RESIZED)),
            Form::Tiles(side) => Some((side, TILED)),
            Form::Image { .. } | Form::Tile(_) => None,
        }
    }
}
