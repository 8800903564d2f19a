//! The files of golden data.

use super::images::image;
use super::results::{Hashed, hashed};
use crate::error::PipelineError;
use crate::processor::{Backend, Processor};
use crate::runner::Runner;
use pixelflume_ops::image::owned::Image;
use pixelflume_ops::{ImageShape, Letterbox};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::slice;
use thiserror::Error;

/// The golden data cannot be read, or a processor is not what it says.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct GoldenError(pub(super) String);

impl GoldenError {
    pub(super) fn of(error: impl Display) -> Self {
        GoldenError(error.to_string())
    }
}

/// A folder of golden data, in this repository `crates/pipeline/tests/processors`.
#[derive(Debug)]
pub struct GoldenProcessors {
    folder: PathBuf,
    /// Height and width of the images.
    sizes: Vec<[u32; 2]>,
}

#[derive(Deserialize)]
struct ImagesFile {
    sizes: Vec<[u32; 2]>,
}

#[derive(Deserialize)]
struct GoldenFile {
    sets: Vec<SetText>,
}

/// A set as it stands in a file.
#[derive(Deserialize)]
struct SetText {
    processor: String,
    json: Option<Map<String, Value>>,
    options: Option<Map<String, Value>>,
    backend: String,
    library: String,
    version: String,
    /// The shapes of the outputs, where all cases have the same.
    shapes: Option<Vec<Vec<usize>>>,
    cases: Vec<Vec<Value>>,
}

/// What a library made of images with one processor and one backend.
#[derive(Debug)]
pub struct GoldenSet {
    processor: Processor,
    cases: Vec<GoldenCase>,
}

/// What a library made of one image.
#[derive(Debug)]
pub struct GoldenCase {
    number: usize,
    height: u32,
    width: u32,
    /// `None` where the library refuses the image.
    expected: Option<Vec<Hashed>>,
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, GoldenError> {
    let refused = |error: &dyn Display| GoldenError(format!("{}: {error}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| refused(&error))?;
    serde_json::from_str(&text).map_err(|error| refused(&error))
}

impl GoldenProcessors {
    /// Opens the folder that has `images.json` and the folder `golden`.
    ///
    /// # Errors
    /// `images.json` cannot be read.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, GoldenError> {
        let folder = folder.into();
        let ImagesFile { sizes } = read(&folder.join("images.json"))?;
        Ok(GoldenProcessors { folder, sizes })
    }

    /// The names of the files, sorted, without `.json`.
    ///
    /// # Errors
    /// The folder `golden` cannot be read.
    pub fn names(&self) -> Result<Vec<String>, GoldenError> {
        let entries = fs::read_dir(self.folder.join("golden")).map_err(GoldenError::of)?;
        let mut names = Vec::new();
        for entry in entries {
            let path = entry.map_err(GoldenError::of)?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                names.extend(
                    path.file_stem()
                        .map(|name| name.to_string_lossy().into_owned()),
                );
            }
        }
        names.sort();
        Ok(names)
    }

    /// The sets of a file.
    ///
    /// # Errors
    /// The file cannot be read, a set names no processor, or the processor equals another version than that of the set.
    pub fn sets(&self, name: &str) -> Result<Vec<GoldenSet>, GoldenError> {
        let path = self.folder.join("golden").join(format!("{name}.json"));
        let file: GoldenFile = read(&path)?;
        let set = |text: SetText| -> Result<GoldenSet, GoldenError> {
            let processor = processor(&text)?;
            let cases = text.cases.iter().map(|case| self.case(&text, case));
            let cases = cases.collect::<Option<_>>();
            let cases = cases.ok_or_else(|| GoldenError("a case cannot be read".to_owned()))?;
            Ok(GoldenSet { processor, cases })
        };
        let named = |error| GoldenError(format!("{}: {error}", path.display()));
        file.sets
            .into_iter()
            .map(|text| set(text).map_err(named))
            .collect()
    }

    fn case(&self, set: &SetText, case: &[Value]) -> Option<GoldenCase> {
        let (number, rest) = case.split_first()?;
        let number = usize::try_from(number.as_u64()?).ok()?;
        let &[height, width] = self.sizes.get(number)?;
        let hash = |value: &Value| u64::from_str_radix(value.as_str()?, 16).ok();
        let expected = match (rest, &set.shapes) {
            ([word], _) if word == "error" => None,
            (hashes, Some(shapes)) if hashes.len() == shapes.len() => {
                let pairs = shapes.iter().cloned().zip(hashes);
                let pairs = pairs.map(|(shape, value)| Some((shape, hash(value)?)));
                Some(pairs.collect::<Option<_>>()?)
            }
            (_, Some(_)) => return None,
            (pairs, None) => {
                let pairs = pairs.chunks(2).map(|pair| {
                    let [shape, value] = pair else { return None };
                    let shape = Vec::<usize>::deserialize(shape).ok()?;
                    Some((shape, hash(value)?))
                });
                Some(pairs.collect::<Option<_>>()?)
            }
        };
        Some(GoldenCase {
            number,
            height,
            width,
            expected,
        })
    }
}

/// The processor of a set.
fn processor(set: &SetText) -> Result<Processor, GoldenError> {
    let name = set.processor.as_str();
    let option = |name: &str| set.options.as_ref()?.get(name)?.as_bool();
    let made = if let Some(json) = &set.json {
        let text = Value::Object(json.clone()).to_string();
        match name {
            // The file does not name its class.
            "vit_hub" => Processor::from_json_of_class(&text, "ViTImageProcessor"),
            _ => Processor::from_json(&text),
        }
    } else if name.starts_with("letterbox") {
        let letterbox = Letterbox::new(640, 640).map_err(GoldenError::of)?;
        Processor::letterbox(
            letterbox
                .auto(option("auto").unwrap_or(false))
                .scaleup(option("scaleup").unwrap_or(true))
                .center(option("center").unwrap_or(true)),
        )
    } else {
        Processor::named(name)
    };
    let backend: Backend = set.backend.parse().map_err(GoldenError)?;
    let processor = made.and_then(|processor| processor.backend(backend));
    let processor = processor.map_err(GoldenError::of)?;
    let equals = processor.equals();
    if (equals.library(), equals.version()) != (&*set.library, &*set.version) {
        return Err(GoldenError(format!(
            "{name} equals {equals}, and the data is that of {} {}",
            set.library, set.version
        )));
    }
    Ok(processor)
}

impl GoldenSet {
    /// The processor, with the backend of the set.
    pub const fn processor(&self) -> &Processor {
        &self.processor
    }

    /// The cases, one for each image.
    pub fn cases(&self) -> &[GoldenCase] {
        &self.cases
    }

    /// Runs a case and compares it with what the library made of the image. `runner` is one of the pipeline of the processor.
    ///
    /// # Errors
    /// What differs: the pipeline takes what the library refuses, the run fails, or a shape or hash is another one.
    pub fn compare(&self, case: &GoldenCase, runner: &mut Runner) -> Result<(), GoldenError> {
        self.difference(case, runner).map_err(|error| {
            GoldenError(format!(
                "backend {}, image {}, {}x{}: {error}",
                self.processor.equals().backend(),
                case.number,
                case.width,
                case.height
            ))
        })
    }

    fn difference(&self, case: &GoldenCase, runner: &mut Runner) -> Result<(), GoldenError> {
        let Some(expected) = &case.expected else {
            let shape = case.shape();
            let refused = self.processor.pipeline().infer(slice::from_ref(&shape));
            return match refused {
                Err(PipelineError::Operator { .. }) => Ok(()),
                _ => Err(GoldenError("the library refuses it".to_owned())),
            };
        };
        let image = case.image();
        let outputs = runner.run(&[&image]).map_err(GoldenError::of)?;
        let got = hashed(&self.processor, &outputs, &image)?;
        match got == *expected {
            true => Ok(()),
            false => Err(GoldenError(format!(
                "{}; the library gives {}",
                shown(&got),
                shown(expected)
            ))),
        }
    }
}

/// Shapes and hashes as errors show them.
fn shown(outputs: &[Hashed]) -> String {
    let outputs = outputs.iter();
    let texts: Vec<_> = outputs
        .map(|(shape, hash)| format!("{shape:?} {hash:016x}"))
        .collect();
    texts.join(", ")
}

impl GoldenCase {
    /// The shape of the image.
    pub fn shape(&self) -> ImageShape {
        ImageShape::u8(self.width, self.height, 3)
    }

    /// Whether the library refuses the image.
    pub const fn is_refused(&self) -> bool {
        self.expected.is_none()
    }

    /// The image.
    pub fn image(&self) -> Image {
        image(
            self.number as u64,
            self.height as usize,
            self.width as usize,
        )
    }
}
