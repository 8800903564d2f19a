//! Operators that look at one pixel, of one image or of two.

use super::{OperatorEntry, parameter};
use pixelflume_ops::{
    AbsDiff, Blend, Color, ColorConversion, Layout, Normalize, Nv12ToRgb, SampleType, Threshold,
};

pub(super) const ABS_DIFF: OperatorEntry = OperatorEntry {
    kind: "abs_diff",
    parameters: &[],
    read: |parameters| parameters.operator(Ok(AbsDiff::new())),
};

pub(super) const BLEND: OperatorEntry = OperatorEntry {
    kind: "blend",
    parameters: &[parameter("alpha", "alpha = 0.5")],
    read: |parameters| {
        let alpha = parameters.optional_number("alpha")?;
        parameters.operator(alpha.map_or_else(|| Ok(Blend::default()), Blend::new))
    },
};

pub(super) const COLOR: OperatorEntry = OperatorEntry {
    kind: "color",
    parameters: &[parameter("conversion", "conversion = \"rgb_to_gray\"")],
    read: |parameters| {
        let conversion = parameters.choice(
            "conversion",
            ColorConversion::ALL,
            ColorConversion::name,
            None,
        )?;
        parameters.operator(Ok(Color::new(conversion)))
    },
};

/// The sample types that it can give.
const NORMALIZED: [SampleType; 2] = [SampleType::F32, SampleType::F16];

const fn sample_name(sample: SampleType) -> &'static str {
    match sample {
        SampleType::F16 => "f16",
        _ => "f32",
    }
}

const fn layout_name(layout: Layout) -> &'static str {
    match layout {
        Layout::Interleaved => "interleaved",
        Layout::Planar => "planar",
    }
}

pub(super) const NORMALIZE: OperatorEntry = OperatorEntry {
    kind: "normalize",
    parameters: &[
        parameter("mean", "mean = [0.485, 0.456, 0.406]"),
        parameter("std", "std = [0.229, 0.224, 0.225]"),
        parameter("scale", "scale = 0.00392156862745098"),
        parameter("sample", "sample = \"f32\""),
        parameter("layout", "layout = \"planar\""),
    ],
    read: |parameters| {
        let (mean, std) = (parameters.numbers("mean"), parameters.numbers("std"));
        let scale = parameters.optional_number("scale");
        let default = Some(SampleType::F32);
        let sample = parameters.choice("sample", NORMALIZED, sample_name, default);
        let layouts = [Layout::Interleaved, Layout::Planar];
        let default = Some(Layout::Interleaved);
        let layout = parameters.choice("layout", layouts, layout_name, default);
        let (mean, std, scale, sample, layout) = (mean?, std?, scale?, sample?, layout?);
        let normalize = Normalize::new(&mean, &std)
            .and_then(|normalize| match scale {
                Some(scale) => normalize.scale(scale),
                None => Ok(normalize),
            })
            .and_then(|normalize| normalize.sample(sample));
        parameters.operator(normalize.map(|normalize| normalize.layout(layout)))
    },
};

pub(super) const NV12_TO_RGB: OperatorEntry = OperatorEntry {
    kind: "nv12_to_rgb",
    parameters: &[],
    read: |parameters| parameters.operator(Ok(Nv12ToRgb::new())),
};

pub(super) const THRESHOLD: OperatorEntry = OperatorEntry {
    kind: "threshold",
    parameters: &[
        parameter("threshold", "threshold = 127"),
        parameter("maximum", "maximum = 255"),
    ],
    read: |parameters| {
        let threshold = parameters.byte("threshold");
        let maximum = parameters.byte_or("maximum", 255);
        let (threshold, maximum) = (threshold?, maximum?);
        parameters.operator(Ok(Threshold::new(threshold).with_maximum(maximum)))
    },
};
