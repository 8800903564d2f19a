//! Every parameter that changes at run time: what becomes of its operator, what is refused, and that it takes effect.

use crate::support::{noise, to_reference};
use pixelflume_device::Device;
use pixelflume_ops::registry::{self, OPERATORS};
use pixelflume_ops::spec::{ParameterType, Value};
use pixelflume_ops::testing::Random;
use pixelflume_ops::*;
use pixelflume_pipeline::{ExecutionConfig, Pipeline, PipelineBuilder, PipelineError, Runner};
use pixelflume_scheduler::ExecutionMode;
use std::sync::Arc;

/// A pipeline of one node, `node`, with this operator.
fn pipeline(operator: Arc<dyn Operator>) -> Pipeline {
    let inputs = operator.input_count();
    let mut builder = PipelineBuilder::new("one");
    let node = builder.add_boxed("node", operator).unwrap();
    for index in 0..inputs {
        let input = builder.input(&format!("input{index}")).unwrap();
        builder.connect(input, node).unwrap();
    }
    builder.build().unwrap()
}

/// `operator` refuses this value of a parameter, naming it so.
#[track_caller]
fn refuses<T: Operator + 'static>(operator: T, (name, value): (&str, Value), named: &str) {
    let kind = operator.kind();
    let error = pipeline(Arc::new(operator))
        .with_parameter("node", name, value)
        .expect_err("the value is impossible");
    assert!(matches!(error, PipelineError::Operator { .. }), "{error:?}");
    let (text, expected) = (
        error.to_string(),
        format!("{kind}: {named} is not possible"),
    );
    assert!(text.contains(&expected), "{text}");
}

#[test]
fn each_parameter_changes_and_the_rest_stays() {
    for spec in OPERATORS {
        let mut changed = vec![0; spec.parameters.len()];
        for seed in 0..60 {
            let mut random = Random::new(seed);
            let mut shape = ImageShape::u8(40, 30, 3);
            let [before, other] =
                [0; 2].map(|_| (spec.testing.sample)(&mut random, &mut shape).unwrap());
            let other = registry::values_of(&*other).unwrap();
            for (index, (parameter, value)) in other.iter().enumerate() {
                let mut expected = registry::values_of(&*before).unwrap();
                expected.set(parameter.name, value.clone()).unwrap();
                let got =
                    pipeline(before.clone()).with_parameter("node", parameter.name, value.clone());
                match (got, expected.build()) {
                    (Ok(got), Ok(expected)) => {
                        let got = registry::values_of(&**got.nodes()[0].operator()).unwrap();
                        // Built, because a value that is the derived default anyway is not kept.
                        assert_eq!(got, registry::values_of(&*expected).unwrap());
                        changed[index] += 1;
                    }
                    // For example means of another number than the deviations.
                    (Err(got), Err(expected)) => {
                        let (got, expected) = (got.to_string(), expected.to_string());
                        assert_eq!(got, format!("node \"node\": {expected}"));
                    }
                    (got, expected) => panic!("{got:?}, not {expected:?}"),
                }
            }
        }
        assert!(!changed.contains(&0), "{}: {changed:?}", spec.kind);
    }
}

#[test]
fn values_of_another_type_and_unknown_names_are_refused_by_every_operator() {
    for spec in OPERATORS {
        let mut shape = ImageShape::u8(40, 30, 3);
        let operator = (spec.testing.sample)(&mut Random::new(1), &mut shape).unwrap();
        let pipeline = pipeline(operator);
        let refused = |name: &str, value: Value| {
            let error = pipeline.with_parameter("node", name, value);
            error.expect_err("the value is impossible").to_string()
        };
        for parameter in spec.parameters {
            let (wrong, shown) = match parameter.value_type {
                ParameterType::Flag => (Value::from(1.5), "1.5"),
                _ => (Value::from(true), "true"),
            };
            assert_eq!(
                refused(parameter.name, wrong),
                format!(
                    "node \"node\": {}: {} = {shown} is not possible; {}",
                    spec.kind, parameter.name, parameter.value_type
                )
            );
        }
        let unknown = refused("tint", Value::from(1));
        let expected = format!("node \"node\": {} has no parameter \"tint\"; it", spec.kind);
        assert!(unknown.starts_with(&expected), "{unknown}");
        for parameter in spec.parameters {
            assert!(unknown.contains(parameter.name), "{unknown}");
        }
    }
}

#[test]
fn several_parameters_change_at_once() {
    let gray = Normalize::new(&[0.5], &[0.25])
        .and_then(|normalize| normalize.like(NormalizeLike::Fma)?.scale(0.5));
    let gray = pipeline(Arc::new(gray.unwrap()));
    let (mean, std) = ([0.1, 0.2, 0.3], [1.5, 2.5, 3.5]);
    let error = gray.with_parameter("node", "mean", mean).unwrap_err();
    assert_eq!(
        error.to_string(),
        "node \"node\": normalize: std = [0.25] is not possible; as many finite numbers as means, none of them 0"
    );
    let color = gray.with_parameters("node", [("mean", mean.into()), ("std", std.into())]);
    let expected = Normalize::new(&mean, &std)
        .and_then(|normalize| normalize.like(NormalizeLike::Fma)?.scale(0.5));
    assert_eq!(
        format!("{:?}", color.unwrap().nodes()[0].operator()),
        format!("{:?}", expected.unwrap())
    );
}

#[test]
fn the_default_comes_back() {
    let blur = GaussianBlur::new(5).unwrap();
    for value in [Value::Default, None::<f64>.into()] {
        let pipeline = pipeline(Arc::new(blur.sigma(1.5).unwrap()));
        let changed = pipeline.with_parameter("node", "sigma", value).unwrap();
        assert_eq!(
            format!("{:?}", changed.nodes()[0].operator()),
            format!("{blur:?}")
        );
    }
    let error = pipeline(Arc::new(blur)).with_parameter("node", "size", Value::Default);
    assert_eq!(
        error.unwrap_err().to_string(),
        "node \"node\": gaussian_blur: size = default is not possible; it has no default; odd integer, 3 to 31"
    );
}

/// An operator of a program may have the name of a built-in one.
#[test]
fn operators_that_are_not_built_in_have_no_parameters() {
    #[derive(Debug)]
    struct Mine;
    impl Operator for Mine {
        fn kind(&self) -> &'static str {
            "erode"
        }
        fn plan(&self, _: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
            unreachable!("nothing is planned")
        }
    }
    let error = pipeline(Arc::new(Mine)).with_parameter("node", "size", 3);
    assert_eq!(
        error.unwrap_err().to_string(),
        "node \"node\" is of kind erode, which is no built-in operator with parameters; replace it as a whole \
         (`set_operator`)"
    );
}

#[test]
fn impossible_values_are_refused_by_name() {
    let size = "width = 0";
    refuses(CenterCrop::new(4, 5).unwrap(), ("width", 0.into()), size);
    let crop = Crop::new(1, 2, 3, 4).unwrap();
    refuses(crop, ("width", 0.into()), size);
    refuses(crop, ("y", 65_536.into()), "y = 65536");
    refuses(Letterbox::new(4, 5).unwrap(), ("width", 0.into()), size);
    let warp = WarpAffine::new([1.0, 0.0, 0.0, 0.0, 1.0, 0.0], 4, 5).unwrap();
    refuses(warp, ("width", 0.into()), size);
    refuses(
        warp,
        ("matrix", [0.0; 6].into()),
        "matrix = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]",
    );
    refuses(BoxBlur::new(3).unwrap(), ("size", 4.into()), "size = 4");
    refuses(Dilate::new(3).unwrap(), ("size", 256.into()), "size = 256");
    refuses(Erode::new(3).unwrap(), ("size", 0.into()), "size = 0");
    refuses(MedianBlur::new(3).unwrap(), ("size", 8.into()), "size = 8");
    refuses(Blend::default(), ("alpha", 1.5.into()), "alpha = 1.5");
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
        runner.set_parameter("warped", "matrix", matrix).unwrap();
        runner.set_parameter("warped", "value", value).unwrap();
        runner
            .set_parameter("mask", "threshold", step * 20)
            .unwrap();
        for seed in 0..3 {
            let image = noise(40, 25, 3, seed);
            let outputs = runner.run(&[&image]).unwrap();
            let got = outputs.images("mask").unwrap()[0].data();
            let warped = {
                let sampling = WarpSampling {
                    value,
                    ..WarpSampling::default()
                };
                reference::warp_affine(&to_reference(&image), matrix, 33, 21, &sampling)
            };
            assert_eq!(
                got,
                reference::threshold(&warped, step * 20, 255, "binary").data
            );
        }
    }
    let statistics = runner.statistics();
    assert_eq!(statistics.plans_compiled, 1, "{statistics:?}");
    let replay = runner.replay_statistics();
    assert!(replay.runs() - replay.direct.total() >= 12, "{replay:?}");
}
