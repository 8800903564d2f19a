//! The references against the libraries that they equal: every golden vector of every operator, bit for bit.

#[path = "golden/reader.rs"]
mod reader;

use pixelflume_ops::registry::OPERATORS;
use pixelflume_ops::spec::{ParameterType, Samples, Value};
use pixelflume_ops::{ImageShape, SampleType};
use reader::Expected;
use std::collections::BTreeSet;

#[test]
fn references_equal_the_libraries() {
    let (mut failures, mut checked) = (Vec::new(), 0);
    for file in reader::files() {
        for case in reader::cases(&file) {
            let output = case
                .run(|step, images| (step.values.spec().testing.reference)(&step.values, images));
            checked += 1;
            if let Err(difference) = case.expected.check(&output) {
                failures.push(format!("{}: {difference}", case.name));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {checked} cases differ from the libraries:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(checked >= 4400, "only {checked} cases: vectors were lost");
}

/// OpenCV without IPP computes the samples of a row that fill vectors of eight in f32, and the others as `resize` does all of them.
#[test]
fn cubic_is_within_a_step_of_the_other_formula_of_opencv() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/resize/near.bin");
    let (mut samples, mut differing) = (0, 0);
    for case in reader::cases(path.as_ref()) {
        let output =
            case.run(|step, images| (step.values.spec().testing.reference)(&step.values, images));
        let Expected::Samples(expected) = &case.expected else {
            panic!("{}: a hash cannot be near", case.name);
        };
        assert_eq!(output.shape, expected.shape, "{}", case.name);
        let row = (output.shape.width * output.shape.channels) as usize;
        for (i, (got, expected)) in output.bytes.iter().zip(&expected.bytes).enumerate() {
            let bound = if i % row < row / 8 * 8 { 1 } else { 0 };
            let difference = got.abs_diff(*expected);
            assert!(difference <= bound, "{}, sample {i}", case.name);
            differing += u32::from(difference != 0);
        }
        samples += output.bytes.len() as u32;
    }
    assert!(samples > 30_000, "{samples} samples");
    assert!(differing > 0, "the formulas are one: compare bit for bit");
    assert!(differing * 1000 <= 2 * samples, "{differing} of {samples}");
}

/// A file that lost its cases would pass every comparison.
#[test]
fn each_operator_has_golden_vectors_of_each_choice() {
    for spec in OPERATORS {
        let files = reader::files_of(spec);
        let cases: Vec<_> = files.iter().flat_map(|file| reader::cases(file)).collect();
        assert!(cases.len() >= 5, "{}: {} cases", spec.kind, cases.len());
        for case in &cases {
            let [step] = &case.steps[..] else {
                panic!("{} is a chain", case.name);
            };
            assert_eq!(step.values.spec(), *spec, "{}", case.name);
        }
        for (index, parameter) in spec.parameters.iter().enumerate() {
            let values = cases.iter().filter_map(|case| {
                let (_, value) = case.steps[0].values.iter().nth(index)?;
                Some(value.to_string())
            });
            let values: BTreeSet<String> = values.collect();
            let least = match parameter.value_type.of_all_images() {
                ParameterType::Choice(names) => {
                    names.len() - without_library(spec.kind, parameter.name).len()
                }
                _ => 2,
            };
            assert!(
                values.len() >= least,
                "{}: {} has the values {values:?} alone",
                spec.kind,
                parameter.name
            );
        }
    }
}

/// The choices of a parameter that no library computes: OpenCV's YUV is of BT.601 with limited range and 8 bits. The tests of
/// the references compare the others with the real numbers of their formula.
fn without_library(kind: &str, parameter: &str) -> &'static [&'static str] {
    match (kind, parameter) {
        ("nv12_to_rgb" | "yuv_to_rgb" | "rgb_to_yuv", "matrix") => &["bt709", "bt2020"],
        ("nv12_to_rgb" | "yuv_to_rgb" | "rgb_to_yuv", "range") => &["full"],
        ("yuv_to_rgb", "format") => &["p010"],
        _ => &[],
    }
}

/// Each step of a chain is an operator, and parameters are read from the words of the file.
#[test]
fn the_reader_reads_parameters() {
    let chains = reader::files().pop().expect("the file of the chains");
    let case = &reader::cases(&chains)[0];
    let kinds = case.steps.iter().map(|step| step.values.spec().kind);
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        ["resize", "color", "gaussian_blur", "sobel"]
    );
    let (_, width) = case.steps[0].values.iter().next().expect("a width");
    assert_eq!(*width, Value::Integer(320));
}

/// The comparison itself must notice one wrong sample, a wrong shape and a wrong type.
#[test]
fn check_notices_differences() {
    let shape = ImageShape::u8(2, 1, 1);
    let samples = |bytes: [u8; 2]| Samples {
        shape,
        bytes: bytes.to_vec(),
    };
    let image = samples([3, 4]);
    let wrong = samples([3, 5]);
    let turned = Samples {
        shape: ImageShape::u8(1, 2, 1),
        ..image.clone()
    };
    let signed = Samples {
        shape: ImageShape {
            sample: SampleType::I16,
            ..ImageShape::u8(1, 1, 1)
        },
        ..image.clone()
    };
    let fnv = reader::fnv1a(&image.bytes);
    for expected in [
        Expected::Samples(image.clone()),
        Expected::Hash { shape, fnv },
    ] {
        assert_eq!(expected.check(&image), Ok(()));
        for other in [&wrong, &turned, &signed] {
            assert!(expected.check(other).is_err(), "{other:?}");
        }
    }
    assert_eq!(
        Expected::Samples(image).check(&wrong),
        Err("1 of 2 bytes differ; the first at 1: expected 4, got 5".to_owned())
    );
}
