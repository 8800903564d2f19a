//! Results as files: their names, their formats, and files that appear complete or not at all.

use crate::claims::{ClaimError, Claims, place_of};
use crate::discover::FileSet;
use crate::npy;
use pixelflume_codec::{EncodeError, EncodeOptions, Existing, Format, Temporary, encode_to};
use pixelflume_graph::text::Shown;
use pixelflume_ops::{ImageShape, ImageView, Layout, SampleType};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};
use thiserror::Error;

/// The file format of a result.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ResultFormat {
    /// An image file, for 8-bit images of 1, 3 or 4 channels.
    Image(Format),
    /// An array of NumPy, for images of any type and layout.
    Npy,
    /// The samples alone, row by row without padding, in the byte order of the machine.
    Raw,
}

impl ResultFormat {
    /// The format for results of this shape: an image format where it is one for such images, and NPY where no image format is.
    ///
    /// # Errors
    /// The image format holds some 8-bit images of 1, 3 or 4 channels, and not this one.
    pub fn of(self, shape: &ImageShape) -> Result<Self, FormatError> {
        let ResultFormat::Image(format) = self else {
            return Ok(self);
        };
        let planar = shape.layout == Layout::Planar && shape.channels > 1;
        if shape.sample != SampleType::U8 || planar || !matches!(shape.channels, 1 | 3 | 4) {
            return Ok(ResultFormat::Npy);
        }
        if !format.is_written() {
            return Err(FormatError::ReadOnly { format });
        }
        if format == Format::Jpeg && shape.channels == 4 {
            return Err(FormatError::Transparency { shape: *shape });
        }
        Ok(self)
    }

    /// The extension of the format's files, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            ResultFormat::Image(Format::Png) => "png",
            ResultFormat::Image(Format::Jpeg) => "jpg",
            ResultFormat::Image(format) => format.extensions()[0],
            ResultFormat::Npy => "npy",
            ResultFormat::Raw => "raw",
        }
    }
}

/// The reason why a format cannot hold a result.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum FormatError {
    /// JPEG has no transparency.
    #[error(
        "{shape} has 4 channels, and JPEG has no transparency; take PNG, or end the pipeline with a node of \
         op = \"color\", conversion = \"rgba_to_rgb\""
    )]
    Transparency {
        /// The shape.
        shape: ImageShape,
    },
    /// The format is read and not written.
    #[error("{format} is read and not written; take PNG")]
    ReadOnly {
        /// The format.
        format: Format,
    },
}

/// The reason why a file is not written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileCause {
    /// It is a file that is read.
    #[error("it is {}, which this run reads", .read.display())]
    Read {
        /// The file, as it was claimed.
        read: PathBuf,
    },
    /// A file has the name, and must not be replaced.
    #[error("a file of this name exists")]
    Exists,
    /// A folder, pipe or device has the name.
    #[error("the existing file is not a regular file")]
    NotRegular,
    /// The image cannot be encoded, or the file cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The file cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Whether a file of this name can be written, to be asked before the work: what appears later is noticed when the [`Temporary`] is renamed.
///
/// # Errors
/// Something is there that must not be replaced.
pub fn check_free(path: &Path, existing: Existing) -> Result<(), FileCause> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(FileCause::NotRegular);
    }
    if existing == Existing::Refuse && fs::symlink_metadata(path).is_ok() {
        return Err(FileCause::Exists);
    }
    Ok(())
}

/// Writes one image as a file of this format, under a temporary name until it is complete. The folder must exist.
///
/// # Errors
/// The format cannot hold the image; something is there that must not be replaced; the file cannot be written. No file is left behind then.
pub fn write_result(
    path: &Path,
    image: ImageView<'_>,
    format: ResultFormat,
    options: &EncodeOptions,
    existing: Existing,
) -> Result<(), FileCause> {
    check_free(path, existing)?;
    let temporary = Temporary::create_for(path)?;
    let mut file = BufWriter::new(temporary.file());
    match format {
        ResultFormat::Image(format) => encode_to(image, format, options, &mut file)?,
        ResultFormat::Npy => npy::write_image(&mut file, image)?,
        ResultFormat::Raw => match image.contiguous() {
            Some(samples) => file.write_all(samples)?,
            None => (0..image.shape().rows()).try_for_each(|row| file.write_all(image.row(row)))?,
        },
    }
    file.flush()?;
    drop(file);
    match temporary.persist(existing) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(FileCause::Exists),
        named => Ok(named?),
    }
}

/// The reason why results are not written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The name of an output cannot be the name of a folder.
    #[error("output \"{}\" cannot be the name of a folder", Shown(.output))]
    FolderName {
        /// The name of the output.
        output: String,
    },
    /// The name of a result is empty or leads out of its folder.
    #[error("\"{}\" cannot be the name of a result: it is no path below its folder (it is empty or absolute, or has \"..\")", .stem.display())]
    Stem {
        /// The name.
        stem: OsString,
    },
    /// There is no output of this number.
    #[error("there is no output {output}, of {outputs}")]
    NoOutput {
        /// The number.
        output: usize,
        /// The number of outputs.
        outputs: usize,
    },
    /// A folder cannot be made.
    #[error("cannot make folder {}: {source}", .path.display())]
    MakeFolder {
        /// The folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// No file can be made in a folder.
    #[error("cannot write in folder {}: {source}", .path.display())]
    WriteInFolder {
        /// The folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The format cannot hold a result.
    #[error("output {}: {source}", Shown(.output))]
    Format {
        /// The name of the output.
        output: String,
        /// The reason.
        source: FormatError,
    },
    /// A file is not written.
    #[error("output {}: cannot write {}: {source}", Shown(.output), .path.display())]
    File {
        /// The name of the output.
        output: String,
        /// The path.
        path: PathBuf,
        /// The reason.
        source: FileCause,
    },
}

/// The places and formats of results: `OUT/STEM.png` where there is one output, `OUT/OUTPUT/STEM.png` where there are several. It is written to from any
/// number of threads.
#[derive(Debug)]
pub struct ResultWriter {
    outputs: Vec<OutputFolder>,
    format: ResultFormat,
    options: EncodeOptions,
    claims: Claims,
}

/// The name of a file that is only created under its temporary name, to see whether the folder takes files.
const PROBE: &str = "result";

fn file_name(stem: &OsStr, extension: &str) -> OsString {
    let mut name = stem.to_os_string();
    name.push(".");
    name.push(extension);
    name
}

/// A stem as the path below its folder that all spellings of it stand for (`a/b` for `./a//b`); `None` where it is no path below a folder.
fn below(stem: &OsStr) -> Option<OsString> {
    let mut path = PathBuf::new();
    for component in Path::new(stem).components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            _ => return None,
        }
    }
    (!path.as_os_str().is_empty()).then(|| path.into_os_string())
}

/// An output of a pipeline with the folder of its results.
#[derive(Debug)]
struct OutputFolder {
    name: String,
    folder: PathBuf,
}

impl ResultWriter {
    /// A single output is written to the folder `out`; several outputs have a folder each within it. Nothing is created yet.
    /// The options are those of image files.
    ///
    /// # Errors
    /// Of several outputs one has a name that cannot be the name of a folder.
    pub fn new(
        out: &Path,
        names: &[String],
        format: ResultFormat,
        options: EncodeOptions,
    ) -> Result<Self, OutputError> {
        let several = names.len() > 1;
        let outputs = names.iter().map(|name| {
            if several && !is_plain_name(name) {
                return Err(OutputError::FolderName {
                    output: name.clone(),
                });
            }
            Ok(OutputFolder {
                name: name.clone(),
                folder: if several {
                    out.join(name)
                } else {
                    out.to_owned()
                },
            })
        });
        Ok(ResultWriter {
            outputs: outputs.collect::<Result<_, _>>()?,
            format,
            options,
            claims: Claims::default(),
        })
    }

    /// Claims all files that the results of these sets may become. Stems that are one path in different spellings (`a/b`, `./a//b`) are one file.
    ///
    /// # Errors
    /// One of those files is read, or something else is written to it.
    pub fn claim(&self, claims: &mut Claims, sets: &[FileSet]) -> Result<(), ClaimError> {
        // The extension depends on shapes that are not known yet, so both are claimed.
        let mut extensions = vec![self.format.extension(), ResultFormat::Npy.extension()];
        extensions.dedup();
        for OutputFolder { folder, .. } in &self.outputs {
            let place = place_of(folder);
            for set in sets {
                // What leads out of the folder is refused when it is written.
                let stem = below(&set.stem).unwrap_or_else(|| set.stem.clone());
                for extension in &extensions {
                    let name = file_name(&stem, extension);
                    let what = || format!("the result of {}", set.paths[0].display());
                    match is_one_component(&name) {
                        true => claims.write_in(&place, &name, || (what(), folder.join(&name)))?,
                        // The folders below may be links.
                        false => claims.write(&what(), &folder.join(&name))?,
                    }
                }
            }
        }
        Ok(())
    }

    /// Keeps the claims of the run; they are checked again when a result is written.
    pub fn keep(&mut self, claims: Claims) {
        self.claims = claims;
    }

    /// Never replaces one of these files, by whatever links and spellings.
    pub fn protect<'a>(&mut self, files: impl IntoIterator<Item = &'a Path>) {
        self.claims.read(files);
    }

    /// Sets the options of image files.
    pub fn set_options(&mut self, options: EncodeOptions) {
        self.options = options;
    }

    /// Creates the folders, and checks that files can be created in them.
    ///
    /// # Errors
    /// A folder cannot be made, or no file in it.
    pub fn prepare(&self) -> Result<(), OutputError> {
        for OutputFolder { folder, .. } in &self.outputs {
            fs::create_dir_all(folder).map_err(|source| OutputError::MakeFolder {
                path: folder.clone(),
                source,
            })?;
            Temporary::create_for(&folder.join(PROBE)).map_err(|source| {
                OutputError::WriteInFolder {
                    path: folder.clone(),
                    source,
                }
            })?;
        }
        Ok(())
    }

    /// The name of an output; empty where there is none of this number.
    pub fn name(&self, output: usize) -> &str {
        self.outputs.get(output).map_or("", |output| &output.name)
    }

    /// Writes the result of the set with this stem, and returns its path. A file of that name is replaced, also one that this writer wrote; only
    /// [claims](ResultWriter::claim) tell beforehand that two stems are one file. Folders between are made; `.` and double slashes in the stem are dropped.
    ///
    /// # Errors
    /// There is no such output; the stem is empty, absolute or has `..`; the format cannot hold the image; the file cannot be written, or must not be
    /// replaced.
    pub fn write(
        &self,
        output: usize,
        stem: &OsStr,
        image: ImageView<'_>,
    ) -> Result<PathBuf, OutputError> {
        let Some(OutputFolder { name, folder }) = self.outputs.get(output) else {
            return Err(OutputError::NoOutput {
                output,
                outputs: self.outputs.len(),
            });
        };
        let format = self
            .format
            .of(&image.shape())
            .map_err(|source| OutputError::Format {
                output: name.clone(),
                source,
            })?;
        let stem = below(stem).ok_or_else(|| OutputError::Stem {
            stem: stem.to_owned(),
        })?;
        let file = file_name(&stem, format.extension());
        let path = folder.join(&file);
        if !is_one_component(&file)
            && let Some(parent) = path.parent()
        {
            fs::create_dir_all(parent).map_err(|source| OutputError::MakeFolder {
                path: parent.to_owned(),
                source,
            })?;
        }
        let written = match self.claims.read_at(&path) {
            Some(read) => Err(FileCause::Read {
                read: read.to_owned(),
            }),
            None => write_result(&path, image, format, &self.options, Existing::Replace),
        };
        match written {
            Ok(()) => Ok(path),
            Err(source) => Err(OutputError::File {
                output: name.clone(),
                path,
                source,
            }),
        }
    }
}

fn is_one_component(name: &OsStr) -> bool {
    let mut components = Path::new(name).components();
    components.next().is_some() && components.next().is_none()
}

/// Whether the name of an output can be the name of a file or folder.
pub fn is_plain_name(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let plain = matches!(
        (components.next(), components.next()),
        (Some(Component::Normal(component)), None) if component == name
    );
    plain && !name.contains(['/', '\\', '\0'])
}

#[cfg(test)]
#[path = "output_tests.rs"]
mod tests;
