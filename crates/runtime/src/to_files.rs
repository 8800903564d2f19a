//! Files as the destination of results.

use crate::error::BoxError;
use crate::item::ItemInfo;
use crate::results::Output;
use crate::sink::Sink;
use pixelflume_codec::{EncodeOptions, Existing, Format, Temporary};
use pixelflume_device::sync::Mutex;
use pixelflume_files::claims::Claims;
use pixelflume_files::npy;
use pixelflume_files::npz::{Compression, NpzWriter};
use pixelflume_files::output::{FileCause, OutputError, ResultFormat, ResultWriter, check_free};
use pixelflume_graph::text::Shown;
use pixelflume_ops::ImageView;
use pixelflume_pipeline::Pipeline;
use std::collections::HashMap;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Component, Path, PathBuf};

/// The files of an item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FileKind {
    /// A file for each output: `OUT/NAME.png`, or `OUT/OUTPUT/NAME.png` where the pipeline has several outputs.
    Each(ResultFormat),
    /// One archive of NumPy for all outputs, an array of the output's name each: `OUT/NAME.npz`.
    Npz(Compression),
}

impl FileKind {
    /// Image files, and `.npy` for results that no image format holds.
    pub const PNG: FileKind = FileKind::Each(ResultFormat::Image(Format::Png));
    /// Image files, and `.npy` for results that no image format holds.
    pub const JPEG: FileKind = FileKind::Each(ResultFormat::Image(Format::Jpeg));
    /// Arrays of NumPy.
    pub const NPY: FileKind = FileKind::Each(ResultFormat::Npy);
}

/// A sink that writes results to files. Each appears complete or not at all.
///
/// ```
/// # use pixelflume_device::Device;
/// # use pixelflume_ops::{Image, Resize};
/// # use pixelflume_pipeline::PipelineBuilder;
/// use pixelflume_runtime::{FileKind, Images, Job, ToFiles};
///
/// # let mut builder = PipelineBuilder::new("small");
/// # let input = builder.input("input")?;
/// # builder.then(input, "small", Resize::new(2, 2)?)?;
/// # let pipeline = builder.build()?;
/// # let photos = Images::new([Image::from_fn(4, 4, 3, |x, _, _| x as u8)?]);
/// # let out = tempfile::tempdir()?;
/// # let out = out.path();
/// let job = Job::builder(&pipeline, &Device::best()).start(photos)?;
/// let report = job.for_each(ToFiles::new(out, &pipeline, FileKind::PNG)?)?;
/// assert_eq!((report.written, report.failed), (1, 0));
/// assert!(out.join("0.png").exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A file has the name of its item: the last part of a path or key, without the extension of an image format. [`ToFiles::below`] keeps folders. Two items of
/// one name would be one file: the second one fails. (An item of a later epoch replaces its own file.) The names take memory.
#[derive(Debug)]
pub struct ToFiles {
    folder: PathBuf,
    target: Target,
    root: Option<PathBuf>,
    /// The index of the item of each name.
    names: Mutex<HashMap<PathBuf, u64>>,
}

#[derive(Debug)]
enum Target {
    Each(ResultWriter),
    Npz {
        compression: Compression,
        claims: Claims,
    },
}

impl ToFiles {
    /// Writes below a folder, which is made, with files of names that are there replaced.
    ///
    /// # Errors
    /// The folder cannot be made or written to; or one of several outputs has a name that cannot be the name of a folder.
    pub fn new(
        folder: impl AsRef<Path>,
        pipeline: &Pipeline,
        kind: FileKind,
    ) -> Result<Self, OutputError> {
        let folder = folder.as_ref().to_owned();
        let target = match kind {
            FileKind::Each(format) => {
                let outputs: Vec<String> = pipeline.outputs().map(str::to_owned).collect();
                let options = EncodeOptions::default();
                let writer = ResultWriter::new(&folder, &outputs, format, options)?;
                writer.prepare()?;
                Target::Each(writer)
            }
            FileKind::Npz(compression) => {
                fs::create_dir_all(&folder).map_err(|source| OutputError::MakeFolder {
                    path: folder.clone(),
                    source,
                })?;
                Target::Npz {
                    compression,
                    claims: Claims::default(),
                }
            }
        };
        Ok(ToFiles {
            folder,
            target,
            root: None,
            names: Mutex::default(),
        })
    }

    /// Sets the options of image files.
    #[must_use]
    pub fn options(mut self, options: EncodeOptions) -> Self {
        if let Target::Each(writer) = &mut self.target {
            writer.set_options(options);
        }
        self
    }

    /// Keeps the folders of names below this one: `photos/cats/a.jpg` becomes `OUT/cats/a.png` with `photos`. Items that are not below it fail. With `""` it
    /// keeps all folders of a name that is no absolute path, such as the key of a sample.
    #[must_use]
    pub fn below(mut self, root: impl AsRef<Path>) -> Self {
        self.root = Some(root.as_ref().to_owned());
        self
    }

    /// Never replaces one of these files, by whatever links and spellings: those that the job reads ([`Files::paths`](crate::Files::paths)). An item whose
    /// result would replace one fails. Called again, it adds files.
    #[must_use]
    pub fn protect<P: AsRef<Path>>(mut self, files: impl IntoIterator<Item = P>) -> Self {
        let files: Vec<P> = files.into_iter().collect();
        let files = files.iter().map(AsRef::as_ref);
        match &mut self.target {
            Target::Each(writer) => writer.protect(files),
            Target::Npz { claims, .. } => claims.read(files),
        }
        self
    }

    /// The path of an item's files below the folder, without extension.
    fn stem(&self, item: &ItemInfo) -> Result<PathBuf, BoxError> {
        let name = Path::new(&*item.name);
        let inner = match &self.root {
            None => name.file_name().map(Path::new),
            Some(root) => name.strip_prefix(root).ok(),
        };
        let is_plain = |component: Component<'_>| match component {
            Component::Normal(_) | Component::CurDir => true,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => false,
        };
        let inner =
            inner.filter(|inner| inner.file_name().is_some() && inner.components().all(is_plain));
        let Some(inner) = inner else {
            return Err(format!(
                "\"{}\" is no name of a file below the folder",
                Shown(&item.name)
            )
            .into());
        };
        // All spellings of a path are one file: "./a" and "a".
        let inner: PathBuf = inner
            .components()
            .filter(|component| *component != Component::CurDir)
            .collect();
        let stem = match Format::of_path(&inner) {
            Some(_) => inner.with_extension(""),
            None => inner,
        };
        let mut names = self.names.lock();
        match *names.entry(stem.clone()).or_insert(item.index) {
            index if index == item.index => Ok(stem),
            other => Err(format!(
                "item {other} is written to {} already; keep the folders of names with `below`, or give other names",
                stem.display()
            )
            .into()),
        }
    }

    fn write_npz(
        &self,
        stem: &Path,
        compression: Compression,
        claims: &Claims,
        results: &[Output<'_>],
    ) -> Result<(), BoxError> {
        let mut file = stem.as_os_str().to_owned();
        file.push(".npz");
        let path = self.folder.join(file);
        let free = match claims.read_at(&path) {
            Some(read) => Err(FileCause::Read {
                read: read.to_owned(),
            }),
            None => check_free(&path, Existing::Replace),
        };
        free.map_err(|cause| format!("cannot write {}: {cause}", path.display()))?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let temporary = Temporary::create_for(&path)?;
        let mut archive = NpzWriter::new(BufWriter::new(temporary.file()), compression);
        for output in results {
            let shape = output.shape();
            let dimensions = npy::dimensions(&shape);
            archive.write(output.name(), shape.sample, &dimensions, output.bytes())?;
        }
        archive.finish()?.flush()?;
        temporary.persist(Existing::Replace)?;
        Ok(())
    }
}

impl Sink for ToFiles {
    fn write(&self, item: &ItemInfo, results: &[Output<'_>]) -> Result<(), BoxError> {
        let stem = self.stem(item)?;
        match &self.target {
            Target::Npz {
                compression,
                claims,
            } => self.write_npz(&stem, *compression, claims, results),
            Target::Each(writer) => {
                for (output, result) in results.iter().enumerate() {
                    writer.write(output, stem.as_os_str(), view(result)?)?;
                }
                Ok(())
            }
        }
    }
}

/// The image of a result of one item.
pub(crate) fn view<'a>(result: &Output<'a>) -> Result<ImageView<'a>, BoxError> {
    let shape = result.shape();
    Ok(ImageView::new(shape, shape.row_bytes(), result.bytes())?)
}
