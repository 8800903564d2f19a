//! The types of image processors, with the defaults that their classes have in transformers.

use super::size::Edges;
use crate::file::suggest;
use crate::processor::error::ProcessorError;
use crate::processor::steps::Size;
use pixelflume_ops::ResampleFilter;

/// The mean and standard deviation of each channel.
pub(in crate::processor) type Statistics = ([f64; 3], [f64; 3]);

/// The statistics of ImageNet.
pub(in crate::processor) const IMAGENET: Statistics =
    ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

/// The statistics of the images that CLIP was trained with.
const CLIP: Statistics = (
    [0.481_454_66, 0.457_827_5, 0.408_210_73],
    [0.268_629_54, 0.261_302_58, 0.275_777_11],
);

/// The numbers that bring samples of 0 to 1 to the range from -1 to 1.
pub(in crate::processor) const HALF: Statistics = ([0.5; 3], [0.5; 3]);

/// The way in which processors of a type differ from the plain one.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Rule {
    /// Resize, center crop, rescale, normalize, pad.
    Plain,
    /// Resize to more than the size, and crop the center, in one step.
    ConvNext,
    /// Resize within limits, and a mask of the padding.
    Detr,
    /// Resize by the longest edge.
    Sam,
    /// Resize to a number of pixels, and patches.
    Qwen2Vl,
    /// Tiles, and the whole image in one tile.
    Idefics3,
    /// Resize within limits to multiples, and a mask of the padding.
    Mask2Former,
}

/// A type of image processors.
#[derive(Debug)]
pub(super) struct Kind {
    /// The name in messages, and of the processor with all defaults.
    pub(super) name: &'static str,
    /// Name of the class, without `ImageProcessor` behind it.
    pub(super) class: &'static str,
    pub(super) rule: Rule,
    pub(super) filter: ResampleFilter,
    pub(super) statistics: Statistics,
    pub(super) size: Edges,
    /// Whether a size that is one number means both sides.
    pub(super) square: bool,
    /// The size of the center crop, with `do_center_crop` on.
    pub(super) crop: Option<Size>,
    /// The size to which the image is padded, with `do_pad` on.
    pub(super) pad: Option<Size>,
}

const fn plain(
    name: &'static str,
    class: &'static str,
    filter: ResampleFilter,
    statistics: Statistics,
    size: Edges,
) -> Kind {
    Kind {
        name,
        class,
        rule: Rule::Plain,
        filter,
        statistics,
        size,
        square: true,
        crop: None,
        pad: None,
    }
}

/// The default size of detection and segmentation.
const DETECTION: Edges = Edges::ShortestLongest {
    shortest: 800,
    longest: 1333,
};

/// All types.
pub(super) static KINDS: [Kind; 13] = [
    Kind {
        square: false,
        crop: Some(Size::square(224)),
        ..plain(
            "clip",
            "CLIP",
            ResampleFilter::Bicubic,
            CLIP,
            Edges::Shortest(224),
        )
    },
    Kind {
        square: false,
        ..plain(
            "siglip",
            "Siglip",
            ResampleFilter::Bicubic,
            HALF,
            Edges::square(224),
        )
    },
    plain(
        "vit",
        "ViT",
        ResampleFilter::Bilinear,
        HALF,
        Edges::square(224),
    ),
    Kind {
        crop: Some(Size::square(224)),
        ..plain(
            "deit",
            "DeiT",
            ResampleFilter::Bicubic,
            HALF,
            Edges::square(256),
        )
    },
    Kind {
        square: false,
        crop: Some(Size::square(224)),
        ..plain(
            "bit",
            "Bit",
            ResampleFilter::Bicubic,
            CLIP,
            Edges::Shortest(224),
        )
    },
    plain(
        "blip",
        "Blip",
        ResampleFilter::Bicubic,
        CLIP,
        Edges::square(384),
    ),
    Kind {
        rule: Rule::ConvNext,
        square: false,
        ..plain(
            "convnext",
            "ConvNext",
            ResampleFilter::Bicubic,
            HALF,
            Edges::Shortest(384),
        )
    },
    Kind {
        rule: Rule::Detr,
        square: false,
        ..plain(
            "detr",
            "Detr",
            ResampleFilter::Bilinear,
            IMAGENET,
            DETECTION,
        )
    },
    Kind {
        rule: Rule::Sam,
        pad: Some(Size::square(1024)),
        ..plain(
            "sam",
            "Sam",
            ResampleFilter::Bilinear,
            IMAGENET,
            Edges::Longest(1024),
        )
    },
    Kind {
        rule: Rule::Qwen2Vl,
        square: false,
        ..plain(
            "qwen2_vl",
            "Qwen2VL",
            ResampleFilter::Bicubic,
            CLIP,
            Edges::ShortestLongest {
                shortest: 56 * 56,
                longest: 28 * 28 * 1280,
            },
        )
    },
    Kind {
        rule: Rule::Idefics3,
        ..plain(
            "idefics3",
            "Idefics3",
            ResampleFilter::Lanczos,
            HALF,
            Edges::Longest(4 * 364),
        )
    },
    Kind {
        rule: Rule::Idefics3,
        ..plain(
            "smolvlm",
            "SmolVLM",
            ResampleFilter::Lanczos,
            HALF,
            Edges::Longest(4 * 364),
        )
    },
    Kind {
        rule: Rule::Mask2Former,
        square: false,
        ..plain(
            "mask2former",
            "Mask2Former",
            ResampleFilter::Bilinear,
            IMAGENET,
            DETECTION,
        )
    },
];

/// The type of a class: `CLIPImageProcessor`, or as older versions and other backends name it, `CLIPFeatureExtractor`,
/// `CLIPImageProcessorFast`, `CLIPImageProcessorPil`.
pub(super) fn of_class(key: &'static str, class: &str) -> Result<&'static Kind, ProcessorError> {
    let stem = ["Fast", "Pil"]
        .into_iter()
        .find_map(|end| class.strip_suffix(end))
        .unwrap_or(class);
    let stem = ["ImageProcessor", "FeatureExtractor"]
        .into_iter()
        .find_map(|end| stem.strip_suffix(end));
    let found = KINDS.iter().find(|kind| stem == Some(kind.class));
    found.ok_or_else(|| {
        let classes = KINDS.iter();
        let classes: Vec<_> = classes
            .map(|kind| format!("{}ImageProcessor", kind.class))
            .collect();
        ProcessorError::Type {
            key,
            class: class.to_owned(),
            help: suggest::words(class, "types", classes.iter().map(String::as_str)).to_string(),
        }
    })
}
