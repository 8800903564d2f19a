//! Writes results: their names, their formats, and files that appear complete or not at all.

use crate::args::ImageFormat;
use crate::claims::{Claims, place_of};
use crate::failure::Failure;
use crate::inputs::Input;
use crate::npy;
use pixelflume::codec::{EncodeOptions, Existing, Format, Temporary, encode_to};
use pixelflume::graph::text::Shown;
use pixelflume::ops::{ImageShape, Layout, SampleType};
use pixelflume::pipeline::Image;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Component, Path, PathBuf};

/// The places and formats of the results.
#[derive(Debug)]
pub(crate) struct Sink {
    outputs: Vec<OutputFolder>,
    format: ImageFormat,
    jpeg: EncodeOptions,
    claims: Claims,
}

/// The name of a file that is only created under its temporary name, to see whether the folder takes files.
const PROBE: &str = "result";
/// The extension of files for results that are no images.
const NPY: &str = "npy";

fn file_name(stem: &OsStr, extension: &str) -> OsString {
    let mut name = stem.to_os_string();
    name.push(".");
    name.push(extension);
    name
}

/// An output of the pipeline with the folder of its results.
#[derive(Debug)]
struct OutputFolder {
    name: String,
    folder: PathBuf,
}

impl Sink {
    /// A single output is written to the folder `out`; several outputs have a folder each within it. Nothing is created yet.
    ///
    /// # Errors
    /// An output has a name that cannot be the name of a folder.
    pub(crate) fn new(
        out: &Path,
        names: &[String],
        format: ImageFormat,
        jpeg: EncodeOptions,
    ) -> Result<Self, Failure> {
        let several = names.len() > 1;
        let outputs = names.iter().map(|name| {
            if several && !is_plain_name(name) {
                return Err(Failure::new(format!(
                    "output \"{}\" cannot be the name of a folder",
                    Shown(name)
                ))
                .help("with several outputs the results of each go to a folder named after it: rename the node"));
            }
            Ok(OutputFolder {
                name: name.clone(),
                folder: if several { out.join(name) } else { out.to_owned() },
            })
        });
        Ok(Sink {
            outputs: outputs.collect::<Result<_, _>>()?,
            format,
            jpeg,
            claims: Claims::default(),
        })
    }

    /// Claims all files that the results of these inputs may become.
    ///
    /// # Errors
    /// The run reads one of those files, or writes something else to it.
    pub(crate) fn claim(&self, claims: &mut Claims, inputs: &[Input]) -> Result<(), Failure> {
        for OutputFolder { folder, .. } in &self.outputs {
            let place = place_of(folder);
            for input in inputs {
                // The extension depends on shapes that are not known yet, so both are claimed.
                for extension in [self.format.extension(), NPY] {
                    let name = file_name(&input.stem, extension);
                    claims.write_in(&place, &name, "out", || {
                        let what = format!("the result of {}", input.paths[0].display());
                        (what, folder.join(&name))
                    })?;
                }
            }
        }
        Ok(())
    }

    /// Keeps the claims of the run; they are checked again when a result is written.
    pub(crate) fn keep(&mut self, claims: Claims) {
        self.claims = claims;
    }

    /// Creates the folders, and checks that files can be created in them.
    pub(crate) fn prepare(&self) -> Result<(), Failure> {
        for OutputFolder { folder, .. } in &self.outputs {
            fs::create_dir_all(folder).map_err(|error| {
                Failure::new(format!("cannot make folder {}: {error}", folder.display()))
                    .help("choose another folder for --out")
            })?;
            Temporary::create_for(&folder.join(PROBE)).map_err(|error| {
                Failure::new(format!(
                    "cannot write in folder {}: {error}",
                    folder.display()
                ))
                .help("choose another folder for --out")
            })?;
        }
        Ok(())
    }

    /// The name of an output of the pipeline.
    pub(crate) fn name(&self, output: usize) -> &str {
        &self.outputs[output].name
    }

    /// Writes the result of the input with this stem and returns its path.
    pub(crate) fn write(
        &self,
        output: usize,
        stem: &OsStr,
        image: &Image,
    ) -> Result<PathBuf, String> {
        let OutputFolder { name, folder } = &self.outputs[output];
        let encoding = Encoding::of(&image.shape(), self.format)
            .map_err(|reason| format!("output {}: {reason}", Shown(name)))?;
        let path = folder.join(file_name(stem, encoding.extension()));
        let written = self
            .refuse(&path)
            .and_then(|()| Temporary::create_for(&path).map_err(|error| error.to_string()))
            .and_then(|temporary| {
                let mut file = BufWriter::new(temporary.file());
                self.encode(encoding, image, &mut file)?;
                file.flush().map_err(|error| error.to_string())?;
                drop(file);
                let named = temporary.persist(Existing::Replace);
                named.map_err(|error| error.to_string())
            });
        match written {
            Ok(()) => Ok(path),
            Err(reason) => Err(format!(
                "output {}: cannot write {}: {reason}",
                Shown(name),
                path.display()
            )),
        }
    }

    fn encode(
        &self,
        encoding: Encoding,
        image: &Image,
        file: &mut impl Write,
    ) -> Result<(), String> {
        let (format, options) = match encoding {
            Encoding::Image(ImageFormat::Png) => (Format::Png, EncodeOptions::default()),
            Encoding::Image(ImageFormat::Jpg) => (Format::Jpeg, self.jpeg),
            Encoding::Npy => {
                let written = npy::write(file, &image.shape(), image.data());
                return written.map_err(|error| error.to_string());
            }
        };
        encode_to(image.into(), format, &options, file).map_err(|error| error.to_string())
    }

    /// Refuses a path that must not be replaced, where something appeared there after the run began.
    fn refuse(&self, path: &Path) -> Result<(), String> {
        if let Some(read) = self.claims.read_at(path) {
            return Err(format!("it is {}, which this run reads", read.display()));
        }
        match fs::metadata(path) {
            Ok(there) if !there.is_file() => {
                Err("the existing file is not a regular file".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// Whether the name of an output can be the name of a file or folder.
pub(crate) fn is_plain_name(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let plain = matches!(
        (components.next(), components.next()),
        (Some(Component::Normal(component)), None) if component == name
    );
    plain && !name.contains(['/', '\\', '\0'])
}

/// The file format of a result.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Encoding {
    Image(ImageFormat),
    Npy,
}

impl Encoding {
    /// The format for results of this shape: 8-bit images of 1, 3 or 4 channels as `format`, all others as NPY.
    ///
    /// # Errors
    /// `format` cannot hold such an image; the text says what to do.
    pub(crate) fn of(shape: &ImageShape, format: ImageFormat) -> Result<Self, String> {
        let planar = shape.layout == Layout::Planar && shape.channels > 1;
        if shape.sample != SampleType::U8 || planar || !matches!(shape.channels, 1 | 3 | 4) {
            return Ok(Encoding::Npy);
        }
        if format == ImageFormat::Jpg && shape.channels == 4 {
            return Err(format!(
                "{shape} has 4 channels, and JPEG has no transparency; use --format png, or end the pipeline with a \
                 node of op = \"color\", conversion = \"rgba_to_rgb\""
            ));
        }
        Ok(Encoding::Image(format))
    }

    fn extension(self) -> &'static str {
        match self {
            Encoding::Image(format) => format.extension(),
            Encoding::Npy => NPY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn folders(sink: &Sink) -> Vec<&Path> {
        let outputs = sink.outputs.iter();
        outputs.map(|output| &*output.folder).collect()
    }

    fn files(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        entries.map(|entry| name(entry.unwrap())).collect()
    }

    #[test]
    fn one_output_has_no_folder_of_its_own() {
        let out = Path::new("out");
        let one = Sink::new(
            out,
            &names(&["../a"]),
            ImageFormat::Png,
            EncodeOptions::default(),
        )
        .unwrap();
        assert_eq!(folders(&one), [out]);
        let two = Sink::new(
            out,
            &names(&["a", "b"]),
            ImageFormat::Png,
            EncodeOptions::default(),
        )
        .unwrap();
        assert_eq!(folders(&two), [out.join("a"), out.join("b")]);
    }

    #[test]
    fn output_names_do_not_leave_the_folder() {
        for name in ["..", ".", "", "a/b", "/etc", "a/", "a\\b", "./a", "a\0"] {
            let sink = Sink::new(
                Path::new("out"),
                &names(&["fine", name]),
                ImageFormat::Png,
                EncodeOptions::default(),
            );
            assert!(sink.is_err(), "{name:?}");
        }
    }

    #[test]
    fn encodings_follow_shape_and_format() {
        let shape = |channels, sample| ImageShape {
            sample,
            ..ImageShape::u8(4, 3, channels)
        };
        let png = |shape| Encoding::of(&shape, ImageFormat::Png).unwrap();
        assert_eq!(
            png(shape(1, SampleType::U8)),
            Encoding::Image(ImageFormat::Png)
        );
        assert_eq!(
            png(shape(4, SampleType::U8)),
            Encoding::Image(ImageFormat::Png)
        );
        assert_eq!(png(shape(2, SampleType::U8)), Encoding::Npy);
        assert_eq!(png(shape(1, SampleType::I16)), Encoding::Npy);
        let planar = ImageShape {
            layout: Layout::Planar,
            ..ImageShape::u8(4, 3, 3)
        };
        assert_eq!(png(planar), Encoding::Npy);
        let jpg = |shape| Encoding::of(&shape, ImageFormat::Jpg);
        assert_eq!(
            jpg(shape(3, SampleType::U8)),
            Ok(Encoding::Image(ImageFormat::Jpg))
        );
        assert_eq!(jpg(shape(4, SampleType::F32)), Ok(Encoding::Npy));
        let refused = jpg(shape(4, SampleType::U8)).unwrap_err();
        assert!(refused.contains("--format png"), "{refused}");
    }

    #[test]
    fn png_results_keep_every_sample() {
        let folder = tempfile::tempdir().unwrap();
        let sink = Sink::new(
            folder.path(),
            &names(&["o"]),
            ImageFormat::Png,
            EncodeOptions::default(),
        )
        .unwrap();
        let data: Vec<u8> = (0..5 * 3 * 4).map(|n| (n * 37) as u8).collect();
        let image = Image::new(ImageShape::u8(5, 3, 4), data.clone()).unwrap();
        let path = sink.write(0, OsStr::new("a.b"), &image).unwrap();
        assert_eq!(path, folder.path().join("a.b.png"));
        assert_eq!(image::open(&path).unwrap().into_rgba8().into_raw(), data);
        assert_eq!(files(folder.path()), ["a.b.png"]);
    }

    #[test]
    fn results_do_not_replace_what_is_read_or_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let read = folder.path().join("a.png");
        fs::write(&read, "read").unwrap();
        fs::create_dir(folder.path().join("b.png")).unwrap();
        let mut sink = Sink::new(
            folder.path(),
            &names(&["o"]),
            ImageFormat::Png,
            EncodeOptions::default(),
        )
        .unwrap();
        sink.claims = Claims::reading([&*read]);
        let image = Image::new(ImageShape::u8(1, 1, 1), vec![1]).unwrap();
        for (stem, reason) in [("a", "which this run reads"), ("b", "not a regular file")] {
            let error = sink.write(0, OsStr::new(stem), &image).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
        assert_eq!(fs::read(&read).unwrap(), b"read");
        sink.write(0, OsStr::new("c"), &image).unwrap();
    }

    #[test]
    fn a_failed_encoding_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let sink = Sink::new(
            folder.path(),
            &names(&["o"]),
            ImageFormat::Jpg,
            EncodeOptions::default(),
        )
        .unwrap();
        // JPEG has at most 65535 columns.
        let image = Image::new(ImageShape::u8(70_000, 1, 1), vec![0; 70_000]).unwrap();
        let error = sink.write(0, OsStr::new("wide"), &image).unwrap_err();
        assert!(error.contains("wide.jpg"), "{error}");
        assert!(files(folder.path()).is_empty());
    }
}
