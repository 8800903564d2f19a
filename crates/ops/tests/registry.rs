//! The operator registry: each operator is listed, has its files, and says the truth about its parameters.

use pixelflume_ops::registry::{self, OPERATORS};
use pixelflume_ops::spec::{OperatorSpec, ParameterDefault, ParameterType, Value, Values};
use pixelflume_ops::testing::Random;
use pixelflume_ops::{ImageShape, OperatorError};
use std::collections::BTreeSet;
use std::path::Path;

/// Random values of an operator, and the shape of its inputs.
fn sample(spec: &'static OperatorSpec, random: &mut Random) -> (Values, ImageShape) {
    let mut shape = ImageShape::u8(random.side(), random.side(), random.pick(&[1, 3, 4]));
    let operator = (spec.testing.sample)(random, &mut shape)
        .unwrap_or_else(|error| panic!("the sampler of {}: {error}", spec.kind));
    assert_eq!(operator.kind(), spec.kind);
    assert_eq!(operator.input_count(), spec.inputs);
    let values = registry::values_of(&*operator).expect("a built-in operator");
    let rebuilt = values.build().expect("values of an operator");
    assert_eq!(format!("{operator:?}"), format!("{rebuilt:?}"));
    (values, shape)
}

#[test]
fn operators_are_sorted_and_their_parameters_are_described() {
    assert!(OPERATORS.is_sorted_by(|a, b| a.kind < b.kind));
    for spec in OPERATORS {
        assert_eq!(registry::find(spec.kind), Some(*spec));
        assert!(!spec.summary.is_empty() && !spec.equals.is_empty());
        let reserved = ["name", "op", "from"];
        let mut names = BTreeSet::new();
        for parameter in spec.parameters {
            assert!(names.insert(parameter.name) && !reserved.contains(&parameter.name));
            assert!(parameter.doc.ends_with('.'), "{}", parameter.doc);
            let assignment = format!("{} = ", parameter.name);
            assert!(parameter.example.starts_with(&assignment));
        }
    }
    assert_eq!(registry::find("blur"), None);
}

/// A folder with a spec that is not in the list is no operator, and an operator without these files is not tested.
#[test]
fn folders_with_a_spec_are_the_operators() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let folders = std::fs::read_dir(&source).expect("the sources");
    let folders = folders.map(|entry| entry.expect("a folder").path());
    let folders = folders.filter(|path| path.join("spec.rs").is_file());
    let names: BTreeSet<String> = folders
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    let kinds: BTreeSet<String> = OPERATORS.iter().map(|spec| spec.kind.to_owned()).collect();
    assert_eq!(names, kinds);
    for kind in kinds {
        for file in ["mod.rs", "testing.rs", "reference.rs", "golden.py"] {
            let path = source.join(&kind).join(file);
            assert!(path.is_file(), "{} is missing", path.display());
        }
    }
}

/// Samplers draw what the operator takes, and different values of each parameter. Tests of the host, of CUDA and of fused
/// chains draw from them.
#[test]
fn samplers_vary_every_parameter() {
    for spec in OPERATORS {
        let mut random = Random::new(1);
        let mut seen = vec![BTreeSet::new(); spec.parameters.len()];
        for _ in 0..300 {
            let (values, shape) = sample(spec, &mut random);
            let operator = values.build().expect("values of an operator");
            let plan = operator.plan(&vec![shape; spec.inputs]);
            plan.unwrap_or_else(|error| panic!("{operator:?} on {shape}: {error}"));
            for (seen, (_, value)) in seen.iter_mut().zip(values.iter()) {
                seen.insert(value.to_string());
            }
        }
        for (parameter, seen) in spec.parameters.iter().zip(&seen) {
            let least = match parameter.value_type.of_all_images() {
                ParameterType::Choice(names) => names.len(),
                _ => 2,
            };
            let (kind, name) = (spec.kind, parameter.name);
            assert!(seen.len() >= least, "{kind}: {name} is {seen:?} alone");
        }
    }
}

/// Operators that can be fused are data, in their plans and in their specs.
#[test]
fn parts_of_chains_have_a_stage() {
    for spec in OPERATORS {
        let (values, shape) = sample(spec, &mut Random::new(3));
        let plan = values
            .build()
            .and_then(|made| made.plan(&vec![shape; spec.inputs]));
        if spec.testing.part.is_some() {
            assert!(plan.expect("a plan").stage().is_some(), "{}", spec.kind);
        }
    }
}

/// The error that an operator gives for a value.
fn refusal(values: &Values, name: &str, value: Value) -> Option<OperatorError> {
    let mut values = values.clone();
    let set = values.set(name, value);
    set.and_then(|()| values.build()).err()
}

/// Values that are given for each image are `"input"` in the spec, and the operator depends on the image then.
#[test]
fn parameters_may_be_given_for_each_image() {
    let mut found = BTreeSet::new();
    for spec in OPERATORS {
        let (values, shape) = sample(spec, &mut Random::new(9));
        assert_eq!(values.given_for_each_image().count(), 0);
        for (index, parameter) in spec.parameters.iter().enumerate() {
            let mut values = values.clone();
            let set = values.set(parameter.name, "input");
            let ParameterType::OrInput(_) = parameter.value_type else {
                assert!(set.is_err(), "{}: {}", spec.kind, parameter.name);
                continue;
            };
            set.expect("it may be given");
            let given: Vec<_> = values.given_for_each_image().collect();
            assert_eq!(given.len(), 1);
            assert_eq!((given[0].0, given[0].1.name), (index, parameter.name));
            let operator = values.build().expect("the rest is as before");
            assert!(operator.is_per_image());
            assert_eq!(registry::values_of(&*operator), Some(values));
            // None is given for the first image.
            let error = operator.plan(&[shape]).expect_err("no value");
            let expected = format!("{}: {} of the image", spec.kind, parameter.name);
            assert!(error.to_string().starts_with(&expected), "{error}");
            found.insert((spec.kind, parameter.name));
        }
    }
    let expected = [
        ("affine", "angle"),
        ("affine", "scale"),
        ("affine", "shear"),
        ("affine", "translate"),
        ("erase", "box"),
        ("flip", "axis"),
        ("perspective", "endpoints"),
        ("perspective", "startpoints"),
        ("resized_crop", "box"),
        ("rotate", "angle"),
        ("warp_affine", "matrix"),
        ("warp_perspective", "matrix"),
    ];
    assert_eq!(found, expected.into());
}

/// A value of the range is taken with some values of the other parameters, which may exclude each other; a value outside of it
/// with none.
#[test]
fn ranges_are_those_of_the_operators() {
    for spec in OPERATORS {
        let mut random = Random::new(5);
        let samples = [(); 200].map(|()| sample(spec, &mut random).0);
        for parameter in spec.parameters {
            let (good, bad): (Vec<Value>, Vec<Value>) = match parameter.value_type.of_all_images() {
                ParameterType::Integer { least, most, odd } => {
                    // For odd ones the next odd ones: the even ones between are refused anyway.
                    let step = if odd { 2 } else { 1 };
                    let beyond = [i64::from(least) - step, i64::from(most) + step];
                    let even = odd.then_some(i64::from(least) + 1);
                    let bad = beyond.into_iter().chain(even).map(Value::from);
                    (vec![least.into(), most.into()], bad.collect())
                }
                ParameterType::Byte => (vec![0.into(), 255.into()], vec![(-1).into(), 256.into()]),
                ParameterType::Number { refused, .. } => {
                    assert!(!refused.is_empty());
                    (vec![], refused.iter().map(|&value| value.into()).collect())
                }
                ParameterType::Numbers { .. } => (
                    vec![],
                    vec![[f64::NAN; 6].into(), vec![0.5; 7].into(), vec![].into()],
                ),
                ParameterType::Color => (
                    vec![[1, 2, 3].into(), [0, 1, 2, 255].into(), 7.into()],
                    vec![256.into(), 0.5.into()],
                ),
                ParameterType::Flag => (vec![true.into(), false.into()], vec![1.into()]),
                ParameterType::Choice(names) => {
                    let good = names.iter().map(|&name| name.into()).collect();
                    (good, vec!["".into(), names[0].to_uppercase().into()])
                }
                _ => panic!("a type without a test: {:?}", parameter.value_type),
            };
            let name = parameter.name;
            let mut values = &samples[0];
            for value in good {
                let mut samples = samples.iter();
                let taken = samples.find(|with| refusal(with, name, value.clone()).is_none());
                values = taken.unwrap_or_else(|| panic!("{}: {name} = {value}", spec.kind));
            }
            for value in bad {
                let shown = format!("{}: {name} = {value}", spec.kind);
                match refusal(values, name, value) {
                    Some(OperatorError::Parameter {
                        operator,
                        parameter,
                        expected,
                        ..
                    }) => {
                        assert_eq!((operator, parameter), (spec.kind, name), "{shown}");
                        assert!(!expected.is_empty());
                    }
                    other => panic!("{shown}: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn defaults_are_filled_in_and_required_parameters_are_asked_for() {
    for spec in OPERATORS {
        let (values, _) = sample(spec, &mut Random::new(7));
        let is_required = |default: &ParameterDefault| *default == ParameterDefault::Required;
        let required = || {
            let all = values.iter();
            all.filter(|(parameter, _)| is_required(&parameter.default))
                .map(|(parameter, value)| (parameter.name, value.clone()))
        };
        let sparse = spec.values(required()).expect("the rest has defaults");
        for (parameter, value) in sparse.iter() {
            match &parameter.default {
                ParameterDefault::Value(default) => assert_eq!(value, default),
                ParameterDefault::Derived(how) => {
                    assert!(!how.is_empty() && *value == Value::Default);
                }
                _ => {}
            }
        }
        // Parameters that exclude each other have no defaults, and the operator asks for some of them.
        if let Err(error) = sparse.build() {
            let is_one_of_several = |name: &str| {
                let mut parameters = sparse.iter();
                parameters
                    .any(|(parameter, value)| parameter.name == name && *value == Value::Default)
            };
            assert!(
                matches!(&error, OperatorError::Parameter { parameter, .. } if is_one_of_several(parameter)),
                "{error}"
            );
        }
        for (missing, _) in required() {
            let rest = required().filter(|(name, _)| *name != missing);
            let error = spec.values(rest).expect_err("a parameter is missing");
            let text = error.to_string();
            assert!(
                text.contains(&format!(
                    "{}: {missing} = default is not possible",
                    spec.kind
                )),
                "{text}"
            );
        }
        let unknown = spec
            .values([("none", 1.into())])
            .expect_err("no such parameter");
        assert!(matches!(unknown, OperatorError::UnknownParameter { .. }));
    }
}

/// Pipeline files take `mean = 0` for `mean = [0.0]`.
#[test]
fn one_number_stands_for_a_list_of_one() {
    let normalize = registry::find("normalize").expect("a built-in operator");
    let build = |mean: Value, std: Value| {
        let values = normalize.values([("mean", mean), ("std", std)]);
        format!("{:?}", values.and_then(|values| values.build()))
    };
    let expected = build([0.0].into(), [2.0].into());
    assert!(expected.starts_with("Ok("), "{expected}");
    assert_eq!(build(0.into(), 2.into()), expected);
    assert_eq!(build(0.0.into(), 2.0.into()), expected);
    let warp = registry::find("warp_affine").expect("a built-in operator");
    assert!(warp.values([("matrix", 1.into())]).is_err());
}

/// Values come from programs, and these from their users.
#[test]
fn long_values_are_cut_in_error_texts() {
    let pad = registry::find("pad").expect("a built-in operator");
    let long = ["é".repeat(100_000).into(), vec![0.5; 100_000].into()];
    for value in long {
        for parameter in pad.parameters {
            if matches!(
                parameter.value_type.of_all_images(),
                ParameterType::Numbers { .. }
            ) {
                continue;
            }
            let error = pad.values([(parameter.name, Value::clone(&value))]);
            let text = error.expect_err("it is of another type").to_string();
            assert!(text.len() < 500 && text.contains('…'), "{text}");
        }
    }
}
