//! The decoder against the model, on random files: whole ones, cut ones and damaged ones.

use pixelflume_jpeg::testing::forms::{self, Form};
use pixelflume_jpeg::testing::model::{Model, Refusal};
use pixelflume_jpeg::testing::mutate::Damage;
use pixelflume_jpeg::testing::random::Random;
use pixelflume_jpeg::testing::stream::{self, Kind};
use pixelflume_jpeg::{Decoder, JpegError, Options, Rect};
use proptest::prelude::*;

/// More blocks than any scan script of the streams visits. Damage can make a frame larger: then neither decodes it.
const MOST_BLOCKS: usize = 1 << 16;

const TRUNCATED: Options = Options {
    allow_truncated: true,
    ..STRICT
};

const STRICT: Options = Options {
    color: pixelflume_jpeg::Color::Rgb,
    cmyk: pixelflume_jpeg::Cmyk::OpenCv,
    allow_truncated: false,
    crop: None,
    max_bytes: 1 << 24,
};

fn kinds() -> impl Strategy<Value = Kind> {
    prop::sample::select(Kind::ALL.map(|(_, kind)| kind).to_vec())
}

fn damages() -> impl Strategy<Value = Damage> {
    prop::sample::select(Damage::ALL.map(|(_, damage)| damage).to_vec())
}

/// Compares all that a decoder says of a file with the model.
fn compare(decoder: &mut Decoder, file: &[u8]) -> Result<(), TestCaseError> {
    let model = Model::decode(file, MOST_BLOCKS);
    if model == Err(Refusal::TooMuchWork) {
        return Ok(());
    }
    for form in [
        Form::OpenCvRgb,
        Form::OpenCvTurned,
        Form::OpenCvGray,
        Form::PillowRgb,
    ] {
        let decoded = forms::decode(decoder, file, form, &TRUNCATED);
        if matches!(
            decoded,
            Err(JpegError::TooManyBytes { .. } | JpegError::TooManyScans { .. })
        ) {
            return Ok(());
        }
        match &model {
            Ok(model) => {
                let expected = model.form(form);
                let decoded =
                    decoded.map_err(|error| TestCaseError::fail(format!("{form:?}: {error}")))?;
                prop_assert_eq!(
                    (decoded.width, decoded.height),
                    (expected.width, expected.height)
                );
                let differing = decoded
                    .samples
                    .iter()
                    .zip(&expected.samples)
                    .filter(|(a, b)| a != b);
                prop_assert_eq!(differing.count(), 0, "samples of {:?} differ", form);
            }
            Err(refusal) => prop_assert!(decoded.is_err(), "{:?} is decoded: {:?}", form, refusal),
        }
    }
    let strict = forms::decode(decoder, file, Form::OpenCvRgb, &STRICT);
    match &model {
        Ok(model) if !model.is_damaged => {
            prop_assert_eq!(strict, Ok(model.form(Form::OpenCvRgb)));
        }
        Ok(_) => prop_assert!(
            matches!(
                strict,
                Err(JpegError::Truncated { .. } | JpegError::Damaged { .. })
            ),
            "damage is not noticed: {:?}",
            strict.map(|image| (image.width, image.height))
        ),
        Err(_) => prop_assert!(strict.is_err()),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whole_files_are_as_the_model_has_them(kind in kinds(), seed: u64) {
        compare(&mut Decoder::new(), &stream::write(kind, seed, 70))?;
    }

    #[test]
    fn damaged_files_are_as_the_model_has_them(kind in kinds(), seed: u64, damage in damages()) {
        let file = damage.apply(&mut Random::new(seed), &stream::write(kind, seed, 60));
        compare(&mut Decoder::new(), &file)?;
    }

    /// A decoder that has decoded other files, good and bad ones, decodes as a new one.
    #[test]
    fn a_used_decoder_is_as_a_new_one(
        files in prop::collection::vec((kinds(), any::<u64>(), prop::option::of(damages())), 2..6)
    ) {
        let mut decoder = Decoder::new();
        for (kind, seed, damage) in files {
            let file = stream::write(kind, seed, 60);
            let file = damage.map_or(file.clone(), |damage| damage.apply(&mut Random::new(seed), &file));
            compare(&mut decoder, &file)?;
        }
    }

    /// What a GPU makes samples of.
    #[test]
    fn coefficients_are_those_of_the_model(kind in kinds(), seed: u64, damage in prop::option::of(damages())) {
        let file = stream::write(kind, seed, 70);
        let file = damage.map_or(file.clone(), |damage| damage.apply(&mut Random::new(seed), &file));
        let Ok(model) = Model::decode(&file, MOST_BLOCKS) else {
            return Ok(());
        };
        let mut decoder = Decoder::new();
        let coefficients = match decoder.coefficients(&file, &TRUNCATED) {
            Err(JpegError::TooManyBytes { .. } | JpegError::TooManyScans { .. }) => return Ok(()),
            coefficients => coefficients.map_err(|error| TestCaseError::fail(error.to_string()))?,
        };
        prop_assert_eq!(coefficients.components().len(), model.components.len());
        for (found, expected) in coefficients.components().zip(&model.components) {
            prop_assert_eq!(found.columns, expected.columns);
            prop_assert_eq!(found.quantizer, expected.quantizer);
            let (columns, rows) = expected.real;
            for y in 0..rows {
                let row = y * found.columns..y * found.columns + columns;
                prop_assert_eq!(&found.blocks[row.clone()], &expected.blocks[row], "row {} of blocks", y);
            }
        }
    }

    /// A crop is the same as in the whole image, and does not write around it.
    #[test]
    fn crops_are_as_in_the_whole_image(kind in kinds(), seed: u64, damage in prop::option::weighted(0.2, Just(Damage::Data))) {
        let file = stream::write(kind, seed, 90);
        let random = &mut Random::new(seed ^ 1);
        let file = damage.map_or(file.clone(), |damage| damage.apply(random, &file));
        let Ok(model) = Model::decode(&file, MOST_BLOCKS) else {
            return Ok(());
        };
        let mut decoder = Decoder::new();
        for form in [Form::OpenCvRgb, Form::OpenCvGray, Form::PillowRgb] {
            let whole = model.form(form);
            let (x, y) = (random.below(whole.width), random.below(whole.height));
            let (width, height) = (1 + random.below(whole.width - x), 1 + random.below(whole.height - y));
            let rect = Rect { x: x as u32, y: y as u32, width: width as u32, height: height as u32 };
            let crop = forms::decode(&mut decoder, &file, form, &Options { crop: Some(rect), ..TRUNCATED });
            let crop = crop.map_err(|error| TestCaseError::fail(format!("{rect:?} of {form:?}: {error}")))?;
            let channels = whole.samples.len() / (whole.width * whole.height);
            for row in 0..height {
                let expected = &whole.samples[channels * ((y + row) * whole.width + x)..][..channels * width];
                let found = &crop.samples[channels * row * width..][..channels * width];
                prop_assert_eq!(found, expected, "row {} of {:?}, {:?}", row, rect, form);
            }
        }
    }
}
