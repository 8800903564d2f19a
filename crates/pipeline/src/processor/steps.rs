//! A processor as data: the steps through which an image goes.

use pixelflume_ops::Letterbox;

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
}

/// The filter of a resampling.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Filter {
    Box,
    Bilinear,
    Hamming,
    Bicubic,
    Lanczos,
}

impl Filter {
    /// The name as the operator `resample` has it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Filter::Box => "box",
            Filter::Bilinear => "bilinear",
            Filter::Hamming => "hamming",
            Filter::Bicubic => "bicubic",
            Filter::Lanczos => "lanczos",
        }
    }
}

/// The rule by which the size of a resampling follows from the size of the image. `resample` has the formulas.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Target {
    /// This size, whatever the proportions.
    Exact(Size),
    /// The shortest edge gets this length.
    ShortestEdge(u32),
    /// DETR's rule: the shortest edge gets a length, unless the longest one would be longer than a limit.
    ShortestEdgeWithin { shortest: u32, longest: u32 },
    /// SAM's rule: the longest edge gets this length.
    LongestEdge(u32),
    /// Idefics3's rule: the longest edge gets this length, the other one an even length.
    LongestEdgeEven(u32),
    /// The largest size with the same proportions in this rectangle.
    Within(Size),
    /// Idefics3's second rule: both edges become multiples of this length.
    Tiled(u32),
    /// Qwen2-VL's rule: both edges become multiples, and the number of pixels stays between two limits.
    Pixels { multiple: u32, min: u32, max: u32 },
}

/// A resampling.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) struct Resize {
    pub(super) target: Target,
    /// Both sides are rounded up to a multiple of this, 1 for none.
    pub(super) round_up_to: u32,
    /// The center crop that belongs to the resampling, and is left out with it.
    pub(super) crop: Option<Size>,
}

impl From<Target> for Resize {
    fn from(target: Target) -> Self {
        Resize {
            target,
            round_up_to: 1,
            crop: None,
        }
    }
}

/// The conversion to floating point samples.
#[derive(Clone, Debug, PartialEq)]
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

/// The form in which the converted image is given away.
#[derive(Copy, Clone, Debug, PartialEq)]
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
    /// `tiles`: a matrix with a row for each tile of the image, whose sides become multiples of a tile's first; and
    /// `global_image`: the image resized to one tile.
    Tiles(u32),
}

/// The steps of a processor, in order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Steps {
    /// The filter of all resamplings.
    pub(super) filter: Filter,
    pub(super) resize: Option<Resize>,
    /// The center crop, apart from that of the resampling.
    pub(super) crop: Option<Size>,
    pub(super) convert: Convert,
    pub(super) form: Form,
}

/// A processor without its backend and output format.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Recipe {
    /// An image processor of transformers.
    Transformers(Steps),
    /// A preset of torchvision.
    Torchvision(Steps),
    /// The letterbox of ultralytics, then `sample / 255`.
    Ultralytics(Letterbox),
}

impl Recipe {
    /// Whether the result is a matrix of patches or tiles.
    pub(super) const fn is_matrix(&self) -> bool {
        match self {
            Recipe::Transformers(steps) | Recipe::Torchvision(steps) => {
                matches!(steps.form, Form::Patches { .. } | Form::Tiles(_))
            }
            Recipe::Ultralytics(_) => false,
        }
    }
}
