//! Every parameter that changes at run time: what becomes of its operator, what is refused, and that it takes effect.

use crate::support::{noise, to_reference};
use pixelflume_device::Device;
use pixelflume_ops::*;
use pixelflume_pipeline::{
    ExecutionConfig, Parameter, Pipeline, PipelineBuilder, PipelineError, Runner,
};
use pixelflume_scheduler::ExecutionMode;
use std::sync::Arc;

/// A pipeline of one node, `node`, with this operator.
fn pipeline<T: Operator + 'static>(operator: T) -> Pipeline {
    let inputs = operator.input_count();
    let mut builder = PipelineBuilder::new("one");
    let node = builder.add("node", operator).unwrap();
    for index in 0..inputs {
        let input = builder.input(&format!("input{index}")).unwrap();
        builder.connect(input, node).unwrap();
    }
    builder.build().unwrap()
}

/// Setting `parameter` makes `before` what `after` is.
#[track_caller]
fn changes<T: Operator + 'static>(before: T, parameter: Parameter, after: &T) {
    assert_eq!(parameter.name().0, before.kind());
    let changed = pipeline(before)
        .with_parameter("node", parameter)
        .unwrap_or_else(|error| panic!("{parameter:?} was refused: {error}"));
    let got: &Arc<dyn Operator> = changed.nodes()[0].operator();
    assert_eq!(format!("{got:?}"), format!("{after:?}"), "{parameter:?}");
}

/// `operator` refuses `parameter`, naming it and this value.
#[track_caller]
fn refuses<T: Operator + 'static>(operator: T, parameter: Parameter, named: &str) {
    let kind = operator.kind();
    let error = pipeline(operator)
        .with_parameter("node", parameter)
        .expect_err("the value is impossible");
    assert!(matches!(error, PipelineError::Operator { .. }), "{error:?}");
    let (text, expected) = (
        error.to_string(),
        format!("{kind}: {named} is not possible"),
    );
    assert!(text.contains(&expected), "{text}");
}

const SIZE: (u32, u32) = (30, 20);

#[test]
fn sizes_change_and_the_rest_stays() {
    let (width, height) = SIZE;
    changes(
        CenterCrop::new(4, 5).unwrap(),
        Parameter::CenterCropSize { width, height },
        &CenterCrop::new(30, 20).unwrap(),
    );
    changes(
        Crop::new(1, 2, 3, 4).unwrap(),
        Parameter::CropSize { width, height },
        &Crop::new(1, 2, 30, 20).unwrap(),
    );
    changes(
        Crop::new(1, 2, 3, 4).unwrap(),
        Parameter::CropOrigin { x: 7, y: 0 },
        &Crop::new(7, 0, 3, 4).unwrap(),
    );
    changes(
        Letterbox::new(4, 5).unwrap().value([1, 2, 3, 4]),
        Parameter::LetterboxSize { width, height },
        &Letterbox::new(30, 20).unwrap().value([1, 2, 3, 4]),
    );
    changes(
        Resize::new(4, 5)
            .unwrap()
            .interpolation(Interpolation::Nearest),
        Parameter::ResizeSize { width, height },
        &Resize::new(30, 20)
            .unwrap()
            .interpolation(Interpolation::Nearest),
    );
    changes(
        Pad::new(1, 2, 3, 4).mode(PadMode::Replicate).value([9; 4]),
        Parameter::PadSides([0, 5, 6, 7]),
        &Pad::new(0, 5, 6, 7).mode(PadMode::Replicate).value([9; 4]),
    );
    let matrix = [0.5, 0.0, 1.0, 0.0, 2.0, -1.0];
    changes(
        WarpAffine::inverse_map(matrix, 4, 5)
            .unwrap()
            .value([1, 2, 3, 4]),
        Parameter::WarpSize { width, height },
        &WarpAffine::inverse_map(matrix, 30, 20)
            .unwrap()
            .value([1, 2, 3, 4]),
    );
    changes(
        BoxBlur::new(3).unwrap(),
        Parameter::BoxBlurSize(7),
        &BoxBlur::new(7).unwrap(),
    );
    changes(
        Dilate::new(3).unwrap(),
        Parameter::DilateSize(9),
        &Dilate::new(9).unwrap(),
    );
    changes(
        Erode::new(3).unwrap(),
        Parameter::ErodeSize(31),
        &Erode::new(31).unwrap(),
    );
    changes(
        MedianBlur::new(3).unwrap(),
        Parameter::MedianBlurSize(5),
        &MedianBlur::new(5).unwrap(),
    );
    let blur = |size| GaussianBlur::new(size).unwrap();
    changes(
        blur(5).sigma(1.5).unwrap(),
        Parameter::BlurSize(7),
        &blur(7).sigma(1.5).unwrap(),
    );
    changes(
        blur(5).sigma(1.5).unwrap(),
        Parameter::BlurSigma(None),
        &blur(5),
    );
    changes(
        blur(5),
        Parameter::BlurSigma(Some(0.7)),
        &blur(5).sigma(0.7).unwrap(),
    );
}

#[test]
fn values_and_choices_change_and_the_rest_stays() {
    changes(
        Blend::new(0.5).unwrap(),
        Parameter::BlendAlpha(0.25),
        &Blend::new(0.25).unwrap(),
    );
    changes(
        Color::new(ColorConversion::RgbToBgr),
        Parameter::ColorConversion(ColorConversion::RgbToGray),
        &Color::new(ColorConversion::RgbToGray),
    );
    changes(
        Flip::default(),
        Parameter::FlipAxis(FlipAxis::Both),
        &Flip::new(FlipAxis::Both),
    );
    changes(
        Laplacian::new(LaplacianOutput::Signed),
        Parameter::LaplacianOutput(LaplacianOutput::Clamped),
        &Laplacian::new(LaplacianOutput::Clamped),
    );
    changes(
        Letterbox::new(4, 5).unwrap(),
        Parameter::LetterboxValue([5, 6, 7, 8]),
        &Letterbox::new(4, 5).unwrap().value([5, 6, 7, 8]),
    );
    let pad = Pad::new(1, 2, 3, 4);
    changes(
        pad.value([9; 4]),
        Parameter::PadMode(PadMode::Reflect101),
        &pad.mode(PadMode::Reflect101).value([9; 4]),
    );
    changes(
        pad.mode(PadMode::Replicate),
        Parameter::PadValue([1, 2, 3, 4]),
        &pad.mode(PadMode::Replicate).value([1, 2, 3, 4]),
    );
    changes(
        Resize::new(4, 5).unwrap(),
        Parameter::ResizeInterpolation(Interpolation::Nearest),
        &Resize::new(4, 5)
            .unwrap()
            .interpolation(Interpolation::Nearest),
    );
    changes(
        Sobel::dx(),
        Parameter::SobelOutput(SobelOutput::Dy),
        &Sobel::dy(),
    );
    changes(
        Threshold::new(9).with_maximum(1),
        Parameter::Threshold(77),
        &Threshold::new(77).with_maximum(1),
    );
    changes(
        Threshold::new(9),
        Parameter::ThresholdMaximum(1),
        &Threshold::new(9).with_maximum(1),
    );
    let (identity, shift) = (
        [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        [1.0, 0.0, 2.5, 0.0, 1.0, 1.0],
    );
    let warp = |matrix| WarpAffine::inverse_map(matrix, 6, 7).unwrap();
    changes(
        warp(identity).value([3; 4]),
        Parameter::WarpMatrix(shift),
        &warp(shift).value([3; 4]),
    );
    changes(
        WarpAffine::new(identity, 6, 7).unwrap(),
        Parameter::WarpMatrix(shift),
        &WarpAffine::new(shift, 6, 7).unwrap(),
    );
    changes(
        warp(shift),
        Parameter::WarpValue([1, 2, 3, 4]),
        &warp(shift).value([1, 2, 3, 4]),
    );
}

#[test]
fn statistics_change_for_as_many_channels_as_there_were() {
    let normalize = |mean: &[f64], std: &[f64]| {
        let normalize = Normalize::new(mean, std).and_then(|normalize| normalize.scale(0.5));
        let normalize = normalize.and_then(|normalize| normalize.sample(SampleType::F16));
        normalize.unwrap().layout(Layout::Planar)
    };
    let new = [0.1, 0.2, 0.3, 0.4];
    for channels in [1, 3, 4] {
        let (mean, std) = (
            &[0.5, 0.6, 0.7, 0.8][..channels],
            &[1.5, 2.5, 3.5, 4.5][..channels],
        );
        changes(
            normalize(mean, std),
            Parameter::NormalizeMean(new),
            &normalize(&new[..channels], std),
        );
        changes(
            normalize(mean, std),
            Parameter::NormalizeStd(new),
            &normalize(mean, &new[..channels]),
        );
    }
    let half = || normalize(&[0.5], &[0.25]);
    changes(
        half(),
        Parameter::NormalizeScale(1.0),
        &half().scale(1.0).unwrap(),
    );
    let zero = [1.0, 0.0, 1.0, 1.0];
    refuses(
        normalize(&[0.5; 3], &[0.25; 3]),
        Parameter::NormalizeStd(zero),
        "std = [1.0, 0.0, 1.0]",
    );
    refuses(
        half(),
        Parameter::NormalizeMean([f64::NAN; 4]),
        "mean = [NaN]",
    );
    refuses(
        half(),
        Parameter::NormalizeScale(f64::INFINITY),
        "scale = inf",
    );
}

#[test]
fn impossible_values_are_refused_by_name() {
    let (width, height) = (0, 20);
    let size = "width = 0";
    refuses(
        CenterCrop::new(4, 5).unwrap(),
        Parameter::CenterCropSize { width, height },
        size,
    );
    let crop = Crop::new(1, 2, 3, 4).unwrap();
    refuses(crop, Parameter::CropSize { width, height }, size);
    refuses(crop, Parameter::CropOrigin { x: 1, y: 65_536 }, "y = 65536");
    refuses(
        Letterbox::new(4, 5).unwrap(),
        Parameter::LetterboxSize { width, height },
        size,
    );
    let warp = WarpAffine::new([1.0, 0.0, 0.0, 0.0, 1.0, 0.0], 4, 5).unwrap();
    refuses(warp, Parameter::WarpSize { width, height }, size);
    refuses(
        warp,
        Parameter::WarpMatrix([0.0; 6]),
        "matrix = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]",
    );
    refuses(
        BoxBlur::new(3).unwrap(),
        Parameter::BoxBlurSize(4),
        "size = 4",
    );
    refuses(
        Dilate::new(3).unwrap(),
        Parameter::DilateSize(33),
        "size = 33",
    );
    refuses(Erode::new(3).unwrap(), Parameter::ErodeSize(0), "size = 0");
    refuses(
        MedianBlur::new(3).unwrap(),
        Parameter::MedianBlurSize(7),
        "size = 7",
    );
    refuses(Blend::default(), Parameter::BlendAlpha(1.5), "alpha = 1.5");
    let error = pipeline(Erode::new(3).unwrap())
        .with_parameter("node", Parameter::DilateSize(5))
        .expect_err("erode is not dilate");
    assert_eq!(
        error.to_string(),
        "node \"node\" is of kind erode, which has no parameter size of dilate that could be set"
    );
}

/// A warp and a threshold whose parameters change while their runs are replayed.
#[test]
fn new_values_take_effect_in_replayed_runs() {
    let turned = |degrees: f64| {
        let (sin, cos) = degrees.to_radians().sin_cos();
        [cos, -sin, 8.0, sin, cos, -3.0]
    };
    let mut builder = PipelineBuilder::new("turned");
    let input = builder.input("input").unwrap();
    let warp = WarpAffine::inverse_map(turned(0.0), 33, 21).unwrap();
    let warped = builder.then(input, "warped", warp).unwrap();
    builder.then(warped, "mask", Threshold::new(0)).unwrap();
    let config = ExecutionConfig::default().with_execution(ExecutionMode::Replay);
    let mut runner = Runner::new(builder.build().unwrap(), &Device::host(), config).unwrap();
    for step in 0..12_u8 {
        let (matrix, value) = (turned(f64::from(step) * 30.0), [step; 4]);
        runner
            .set_parameter("warped", Parameter::WarpMatrix(matrix))
            .unwrap();
        runner
            .set_parameter("warped", Parameter::WarpValue(value))
            .unwrap();
        runner
            .set_parameter("mask", Parameter::Threshold(step * 20))
            .unwrap();
        for seed in 0..3 {
            let image = noise(40, 25, 3, seed);
            let outputs = runner.run(&[&image]).unwrap();
            let got = outputs.images("mask").unwrap()[0].data();
            let warped = reference::warp_affine(&to_reference(&image), matrix, 33, 21, value);
            assert_eq!(got, reference::threshold(&warped, step * 20, 255).data);
        }
    }
    let statistics = runner.statistics();
    assert_eq!(statistics.plans_compiled, 1, "{statistics:?}");
    let replay = runner.replay_statistics();
    assert!(replay.runs() - replay.direct.total() >= 12, "{replay:?}");
}
