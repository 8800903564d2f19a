//! What random operators draw: against torchvision's own code with the same random numbers, against the documented distributions, and
//! given again.

#[expect(dead_code, reason = "only operators are read here")]
#[path = "golden/reader.rs"]
mod reader;

use pixelflume_ops::registry;
use pixelflume_ops::spec::{OperatorSpec, Values};
use pixelflume_ops::testing::Random;
use pixelflume_ops::{
    ColorJitter, CropBox, Erase, Flip, FlipAxis, ImageContext, ImageShape, ImageValues, Operator,
    OperatorError, RandomAffine, RandomCrop, RandomErasing, RandomFlip, RandomGray,
    RandomResizedCrop, ResizedCrop, WarpAffine,
};
use std::any::Any;
use std::sync::Arc;

/// The numbers of a draw, in the order of golden/draws.py.
fn numbers(
    operator: &Arc<dyn Operator>,
    epoch: u64,
    index: u64,
    [width, height]: [u32; 2],
) -> Vec<f64> {
    let operator: &dyn Any = &**operator;
    if let Some(crop) = operator.downcast_ref::<RandomResizedCrop>() {
        crop.draw(epoch, index, width, height).numbers().into()
    } else if let Some(erasing) = operator.downcast_ref::<RandomErasing>() {
        erasing.draw(epoch, index, width, height).numbers().into()
    } else if let Some(crop) = operator.downcast_ref::<RandomCrop>() {
        let (x, y) = crop
            .draw(epoch, index, width, height)
            .expect("a large image");
        vec![x.into(), y.into()]
    } else if let Some(flip) = operator.downcast_ref::<RandomFlip>() {
        vec![FlipAxis::number(flip.draw(epoch, index))]
    } else if let Some(affine) = operator.downcast_ref::<RandomAffine>() {
        let drawn = affine.draw(epoch, index, width, height);
        let [x, y] = drawn.translate.map(f64::from);
        let [shear_x, shear_y] = drawn.shear;
        vec![drawn.degrees, x, y, drawn.scale, shear_x, shear_y]
    } else if let Some(jitter) = operator.downcast_ref::<ColorJitter>() {
        let drawn = jitter.draw(epoch, index);
        let order = drawn.order.map(|change| change as f64);
        let factors = [
            drawn.brightness,
            drawn.contrast,
            drawn.saturation,
            drawn.hue,
        ];
        [order, factors].concat()
    } else if let Some(gray) = operator.downcast_ref::<RandomGray>() {
        vec![f64::from(u8::from(gray.draw(epoch, index)))]
    } else {
        panic!("no random operator")
    }
}

#[test]
fn draws_are_those_of_torchvision() {
    let text = include_str!("golden/draws.txt");
    let mut kinds = [0; 7];
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [operator, image, expected] = fields[..] else {
            panic!("a draw has three fields: {line}");
        };
        let values: Values = reader::step(operator).values;
        let image: Vec<u64> = image.split(' ').map(|word| word.parse().unwrap()).collect();
        let [epoch, index, width, height] = image[..] else {
            panic!("an image has four numbers: {line}");
        };
        let size = [width as u32, height as u32];
        let got = numbers(&values.build().unwrap(), epoch, index, size);
        let expected: Vec<f64> = expected
            .split(' ')
            .map(|word| word.parse().unwrap())
            .collect();
        assert_eq!(got.len(), expected.len());
        for (got, expected) in got.iter().zip(&expected) {
            // Angles and scales may differ in the last bit.
            let difference = (got - expected).abs();
            assert!(difference <= 1e-13 * expected.abs(), "{line}: {got}");
        }
        let kind = values.spec().kind;
        let of = [
            "color_jitter",
            "random_affine",
            "random_crop",
            "random_erasing",
            "random_flip",
            "random_gray",
            "random_resized_crop",
        ];
        kinds[of.iter().position(|of| *of == kind).unwrap()] += 1;
    }
    assert!(kinds.iter().all(|&count| count >= 140), "{kinds:?}");
}

/// Refuses numbers from 0 to below 1 that are not uniform: chi-square of 20 bins, 19 degrees of freedom. Of uniform numbers it is
/// above 65 with a probability of 6e-7.
fn assert_uniform(what: &str, numbers: impl IntoIterator<Item = f64>) {
    let mut bins = [0_u32; 20];
    for number in numbers {
        assert!((-0.01..1.01).contains(&number), "{what}: {number}");
        bins[((number * 20.0).max(0.0) as usize).min(19)] += 1;
    }
    let expected = f64::from(bins.iter().sum::<u32>()) / 20.0;
    assert!(expected >= 400.0, "{what}: too few");
    let chi_square: f64 = bins
        .iter()
        .map(|&bin| (f64::from(bin) - expected).powi(2) / expected)
        .sum();
    assert!(chi_square < 65.0, "{what}: {chi_square} {bins:?}");
}

/// Refuses a count of events that is more than 5 standard deviations from what their probability makes of `of` tries.
fn assert_probability(what: &str, count: usize, of: usize, probability: f64) {
    let (count, of) = (count as f64, of as f64);
    let deviation = (of * probability * (1.0 - probability)).sqrt();
    assert!(
        (count - of * probability).abs() <= 5.0 * deviation,
        "{what}: {count} of {of}"
    );
}

const IMAGES: u64 = 20_000;

#[test]
fn resized_crops_have_uniform_areas_log_uniform_proportions_and_uniform_places() {
    let crop = RandomResizedCrop::new(8, 8).unwrap().seed(3);
    let crop = crop.scale([0.1, 0.4]).unwrap().ratio([0.5, 2.0]).unwrap();
    // So large that rounding to pixels does not show, and that every rectangle fits.
    let side = 40_000;
    let drawn: Vec<CropBox> = (0..IMAGES)
        .map(|index| crop.draw(1, index, side, side))
        .collect();
    let f = f64::from;
    let area = |drawn: &CropBox| f(drawn.width) * f(drawn.height) / f(side) / f(side);
    assert_uniform("area", drawn.iter().map(|drawn| (area(drawn) - 0.1) / 0.3));
    let ratio = |drawn: &CropBox| (f(drawn.width) / f(drawn.height)).log2();
    assert_uniform(
        "ratio",
        drawn.iter().map(|drawn| (ratio(drawn) + 1.0) / 2.0),
    );
    let place = |first: u32, length: u32| f(first) / f(side - length + 1);
    assert_uniform("x", drawn.iter().map(|drawn| place(drawn.x, drawn.width)));
    assert_uniform("y", drawn.iter().map(|drawn| place(drawn.y, drawn.height)));
    // The mean of the areas is a quarter; of independent numbers, products of deviations vanish.
    let mean = drawn.iter().map(area).sum::<f64>() / IMAGES as f64;
    assert!(
        (mean - 0.25).abs() < 5.0 * 0.3 / (12.0 * IMAGES as f64).sqrt(),
        "{mean}"
    );
    let product = |drawn: &CropBox| (area(drawn) - 0.25) / 0.3 * ratio(drawn) / 2.0;
    let covariance = drawn.iter().map(product).sum::<f64>() / IMAGES as f64;
    assert!(
        covariance.abs() < 5.0 / 12.0 / (IMAGES as f64).sqrt(),
        "{covariance}"
    );
}

#[test]
fn images_that_no_rectangle_fits_are_cropped_in_their_middle() {
    let crop = RandomResizedCrop::new(8, 8)
        .unwrap()
        .scale([1.0, 1.0])
        .unwrap();
    assert_eq!(crop.draw(0, 0, 30, 900), CropBox::new(0, 430, 30, 40));
    assert_eq!(crop.draw(0, 0, 900, 30), CropBox::new(430, 0, 40, 30));
    // Of 1x1 pixels, none would be left by torchvision.
    let crop = crop.ratio([0.1, 0.2]).unwrap();
    assert_eq!(crop.draw(0, 0, 1, 1), CropBox::new(0, 0, 1, 1));
    // An image without pixels is refused when it is planned, and draws nothing impossible.
    assert_eq!(crop.draw(0, 0, 0, 0), CropBox::new(0, 0, 0, 0));
}

#[test]
fn jitters_have_uniform_orders_and_factors() {
    let jitter = ColorJitter::new().brightness([0.5, 1.5]).unwrap();
    let jitter = jitter.contrast([0.0, 2.0]).unwrap().seed(6);
    let jitter = jitter.saturation([1.0, 3.0]).unwrap();
    let jitter = jitter.hue([-0.25, 0.25]).unwrap();
    let drawn: Vec<_> = (0..IMAGES).map(|index| jitter.draw(3, index)).collect();
    assert_uniform("brightness", drawn.iter().map(|of| of.brightness - 0.5));
    assert_uniform("contrast", drawn.iter().map(|of| of.contrast / 2.0));
    assert_uniform(
        "saturation",
        drawn.iter().map(|of| (of.saturation - 1.0) / 2.0),
    );
    assert_uniform("hue", drawn.iter().map(|of| of.hue * 2.0 + 0.5));
    let mut orders = std::collections::BTreeMap::new();
    for of in &drawn {
        *orders.entry(of.order).or_insert(0) += 1;
    }
    assert_eq!(orders.len(), 24);
    for count in orders.into_values() {
        assert_probability("order", count, IMAGES as usize, 1.0 / 24.0);
    }
}

#[test]
fn images_become_gray_with_their_probability() {
    let gray = RandomGray::new(0.3).unwrap().seed(7);
    let count = (0..IMAGES).filter(|&index| gray.draw(1, index)).count();
    assert_probability("gray", count, IMAGES as usize, 0.3);
}

#[test]
fn flips_have_their_probabilities_and_are_independent() {
    let flip = RandomFlip::new(0.3, 0.6).unwrap().seed(4);
    let mut counts = [0; 4];
    for index in 0..IMAGES {
        counts[FlipAxis::number(flip.draw(2, index)) as usize] += 1;
    }
    for (count, probability) in counts.into_iter().zip([0.28, 0.12, 0.42, 0.18]) {
        assert_probability("flip", count, IMAGES as usize, probability);
    }
    let never = RandomFlip::new(0.0, 0.0).unwrap();
    let always = RandomFlip::new(1.0, 1.0).unwrap();
    for index in 0..1000 {
        assert_eq!(never.draw(0, index), None);
        assert_eq!(always.draw(0, index), Some(FlipAxis::Both));
    }
}

#[test]
fn crops_are_at_every_place_equally_often() {
    let crop = RandomCrop::new(8, 9)
        .unwrap()
        .padding([1, 2, 3, 0])
        .unwrap()
        .seed(5);
    // 8 + 4 columns and 10 + 2 rows, so 5 x 4 places.
    let mut places = std::collections::BTreeMap::new();
    for index in 0..IMAGES {
        let place = crop.draw(0, index, 8, 10).unwrap();
        *places.entry(place).or_insert(0) += 1;
    }
    assert_eq!(places.len(), 20);
    assert_eq!(places.keys().next(), Some(&(-1, -2)));
    assert_eq!(places.keys().last(), Some(&(3, 1)));
    for count in places.into_values() {
        assert_probability("place", count, IMAGES as usize, 0.05);
    }
    let error = RandomCrop::new(8, 9).unwrap().draw(0, 0, 7, 9).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("with its padding it has 7x9 pixels, fewer than 8x9"),
        "{text}"
    );
    let padded = RandomCrop::new(8, 9).unwrap().pad_if_needed(true);
    assert!((0..100).all(|index| padded.draw(0, index, 7, 9).unwrap().1 == 0));
}

#[test]
fn affine_transformations_are_uniform_in_their_ranges() {
    let affine = RandomAffine::new([-20.0, 60.0])
        .unwrap()
        .translate([0.25, 0.5])
        .unwrap();
    let affine = affine
        .scale([0.5, 1.5])
        .unwrap()
        .shear([-10.0, 20.0, 5.0, 6.0])
        .unwrap()
        .seed(6);
    let (width, height) = (40_000, 20_000);
    let drawn: Vec<_> = (0..IMAGES)
        .map(|index| affine.draw(0, index, width, height))
        .collect();
    assert_uniform(
        "degrees",
        drawn.iter().map(|drawn| (drawn.degrees + 20.0) / 80.0),
    );
    let moved = |axis: usize| {
        drawn
            .iter()
            .map(move |drawn| f64::from(drawn.translate[axis]) / 20_000.0 + 0.5)
    };
    assert_uniform("x", moved(0));
    assert_uniform("y", moved(1));
    assert_uniform("scale", drawn.iter().map(|drawn| drawn.scale - 0.5));
    assert_uniform(
        "shear x",
        drawn.iter().map(|drawn| (drawn.shear[0] + 10.0) / 30.0),
    );
    assert_uniform("shear y", drawn.iter().map(|drawn| drawn.shear[1] - 5.0));
    // Where nothing may change, nothing changes.
    let still = RandomAffine::new([0.0, 0.0]).unwrap().draw(0, 9, 35, 20);
    assert_eq!(still.matrix(35, 20), [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
}

#[test]
fn erasures_have_their_probability_and_uniform_areas_and_places() {
    let erasing = RandomErasing::new(0.5)
        .unwrap()
        .scale([0.1, 0.3])
        .unwrap()
        .seed(7);
    let erasing = erasing.ratio([0.5, 2.0]).unwrap();
    let side = 40_000;
    let drawn: Vec<CropBox> = (0..2 * IMAGES)
        .map(|index| erasing.draw(0, index, side, side))
        .collect();
    let drawn: Vec<_> = drawn.into_iter().filter(|drawn| drawn.width > 0).collect();
    assert_probability("erasing", drawn.len(), 2 * IMAGES as usize, 0.5);
    let f = f64::from;
    let area = |drawn: &CropBox| f(drawn.width) * f(drawn.height) / f(side) / f(side);
    assert_uniform("area", drawn.iter().map(|drawn| (area(drawn) - 0.1) / 0.2));
    let ratio = |drawn: &CropBox| (f(drawn.height) / f(drawn.width)).log2();
    assert_uniform(
        "ratio",
        drawn.iter().map(|drawn| (ratio(drawn) + 1.0) / 2.0),
    );
    assert_uniform(
        "x",
        drawn
            .iter()
            .map(|drawn| f(drawn.x) / f(side - drawn.width + 1)),
    );
    assert_uniform(
        "y",
        drawn
            .iter()
            .map(|drawn| f(drawn.y) / f(side - drawn.height + 1)),
    );
    // A rectangle that is as wide as the image is none.
    let whole = RandomErasing::new(1.0).unwrap().scale([1.0, 1.0]).unwrap();
    assert_eq!(
        whole.ratio([1.0, 1.0]).unwrap().draw(0, 0, 9, 9),
        CropBox::default()
    );
}

const DRAWING: [&str; 5] = [
    "random_affine",
    "random_crop",
    "random_erasing",
    "random_flip",
    "random_resized_crop",
];

fn spec(kind: &str) -> &'static OperatorSpec {
    registry::find(kind).expect("a built-in operator")
}

/// What is done to an image as text.
fn resolved(operator: &Arc<dyn Operator>, image: &ImageContext<'_>) -> String {
    format!("{:?}", operator.for_image(image).expect("a possible image"))
}

/// The batch, the place in it and the other images do not matter; the index and the epoch do.
#[test]
fn draws_depend_on_the_image_alone() {
    for kind in DRAWING {
        let mut changed = [0; 2];
        for seed in 0..40 {
            let mut shape = ImageShape::u8(70, 50, 3);
            let mut random = Random::new(seed);
            let operator = (spec(kind).testing.sample)(&mut random, &mut shape).unwrap();
            assert!(operator.is_per_image());
            let image = ImageContext {
                index: random.next(),
                epoch: random.next(),
                ..ImageContext::first(shape)
            };
            let first = resolved(&operator, &image);
            let elsewhere = ImageContext {
                frame: 41,
                largest: (900, 800),
                ..image
            };
            assert_eq!(first, resolved(&operator, &elsewhere));
            let rebuilt = registry::values_of(&*operator).unwrap().build().unwrap();
            assert_eq!(first, resolved(&rebuilt, &image));
            let others = [
                ImageContext {
                    index: image.index ^ 1 << 40,
                    ..image
                },
                ImageContext {
                    epoch: image.epoch ^ 1,
                    ..image
                },
            ];
            for (changed, other) in changed.iter_mut().zip(&others) {
                *changed += usize::from(first != resolved(&operator, other));
            }
        }
        // Some parameters leave few choices.
        assert!(
            changed.iter().all(|&changed| changed >= 5),
            "{kind}: {changed:?}"
        );
    }
}

/// The image with these values of the first parameter that may be given.
fn with_values<R>(
    image: ImageContext<'_>,
    parameter: usize,
    numbers: &[f64],
    f: impl FnOnce(&ImageContext<'_>) -> R,
) -> R {
    // Those of an image before it come first.
    let mut values = vec![f64::NAN; image.frame * numbers.len()];
    values.extend_from_slice(numbers);
    let values = [ImageValues {
        parameter,
        count: numbers.len(),
        values: &values,
    }];
    f(&ImageContext {
        values: &values,
        ..image
    })
}

/// What was drawn can be given again, and makes the same.
#[test]
fn draws_can_be_replayed() {
    let shape = ImageShape::u8(64, 48, 3);
    let (width, height) = (shape.width, shape.height);
    for index in 0..50 {
        let image = ImageContext {
            index,
            epoch: 4,
            frame: 3,
            ..ImageContext::first(shape)
        };
        let replayed = |given: &dyn Operator, parameter: usize, numbers: &[f64]| {
            with_values(image, parameter, numbers, |image| {
                assert!(given.is_per_image());
                format!("{:?}", given.for_image(image).expect("possible numbers"))
            })
        };
        let drawn = |operator: &dyn Operator| format!("{:?}", operator.for_image(&image).unwrap());

        let crop = RandomResizedCrop::new(20, 30).unwrap().seed(1);
        let numbers = crop.draw(4, index, width, height).numbers();
        assert_eq!(
            replayed(&ResizedCrop::given(20, 30).unwrap(), 0, &numbers),
            drawn(&crop)
        );

        let flip = RandomFlip::new(0.5, 0.5).unwrap();
        let number = FlipAxis::number(flip.draw(4, index));
        let expected = drawn(&flip).replace("random_flip", "flip");
        assert_eq!(replayed(&Flip::given(), 0, &[number]), expected);

        let affine = RandomAffine::new([-90.0, 90.0]).unwrap();
        let matrix = affine.draw(4, index, width, height).matrix(width, height);
        let given = WarpAffine::given(true, width, height).unwrap();
        assert_eq!(replayed(&given, 2, &matrix), drawn(&affine));

        let erasing = RandomErasing::new(0.5).unwrap().value(&[7.0]).unwrap();
        let numbers = erasing.draw(4, index, width, height).numbers();
        let given = Erase::given().value(&[7.0]).unwrap();
        assert_eq!(replayed(&given, 0, &numbers), drawn(&erasing));
    }
}

#[test]
fn given_values_that_are_missing_or_impossible_are_refused_with_the_image() {
    let image = ImageContext {
        index: 1007,
        frame: 7,
        ..ImageContext::first(ImageShape::u8(64, 48, 3))
    };
    let crop = ResizedCrop::given(20, 30).unwrap();
    let warp = WarpAffine::given(false, 20, 30).unwrap();
    let text = |error: OperatorError| {
        assert!(matches!(error, OperatorError::Given { .. }), "{error}");
        error.to_string()
    };
    let missing = text(crop.for_image(&image).unwrap_err());
    assert_eq!(
        missing,
        "resized_crop: box of the image is not given; give 4 for each image of the batch: x, y, width and height of the \
         rectangle in pixels"
    );
    let refused = |operator: &dyn Operator, parameter: usize, numbers: &[f64]| {
        with_values(image, parameter, numbers, |image| {
            let step = operator.chain_step(image);
            let error = operator.for_image(image).expect_err("impossible numbers");
            assert!(step.is_err() || step.is_ok_and(|step| step.is_none()));
            text(error)
        })
    };
    assert_eq!(
        refused(&crop, 0, &[60.0, 0.0, 5.0, 5.0]),
        "resized_crop: box of the image is [60.0, 0.0, 5.0, 5.0]; give integers x, y, width, height of a rectangle with sides \
         of at least 1 inside the 64x48 pixels of the image"
    );
    for numbers in [
        [0.5, 0.0, 5.0, 5.0],
        [0.0, 0.0, 0.0, 5.0],
        [-1.0, 0.0, 5.0, 5.0],
        [f64::NAN, 0.0, 5.0, 5.0],
        [0.0, 0.0, 5.0, 1e300],
        [65536.0, 65536.0, 65536.0, 65536.0],
    ] {
        refused(&crop, 0, &numbers);
    }
    assert!(
        refused(&crop, 0, &[0.0, 0.0, 5.0]).contains("box of the image is 3 number(s); give 4")
    );
    assert!(
        refused(&Flip::given(), 0, &[1.5]).contains("axis of the image is 1.5; give 0 for no flip")
    );
    assert!(refused(&warp, 2, &[0.0; 6]).contains("matrix of the image"));
    refused(&warp, 2, &[f64::NAN; 6]);
    refused(&Erase::given(), 0, &[0.0, 47.0, 5.0, 2.0]);
    // A side without pixels erases nothing.
    with_values(image, 0, &[64.0, 48.0, 0.0, 0.0], |image| {
        Erase::given().for_image(image).map(drop)
    })
    .unwrap();
}
