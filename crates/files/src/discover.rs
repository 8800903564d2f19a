//! Files and folders as sets of images, in order.

use crate::identity::FileId;
use pixelflume_codec::Format;
use pixelflume_graph::text::Shown;
use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The images of one result: one for each input of a pipeline.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FileSet {
    /// The paths, each as it was given or below the folder as that was given; at least one.
    pub paths: Vec<PathBuf>,
    /// The file name of the first image without its extension, after which results are named. Where folders are read with those below
    /// them, the folders between come before it (`cats/1` for `photos/cats/1.jpg` in `photos`).
    pub stem: OsString,
}

impl FileSet {
    /// The name in messages: the paths.
    pub fn name(&self) -> String {
        let names: Vec<_> = self
            .paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        names.join(" with ")
    }
}

/// What is given for one input of a pipeline.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedPaths {
    /// The name of the input.
    pub name: String,
    /// Files and folders.
    pub paths: Vec<PathBuf>,
}

/// How folders are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DiscoverOptions {
    /// Whether folders below a folder are read, too. Links to folders are followed; a folder that was read is not read again, so that no link leads
    /// round in a circle. By default they are not.
    pub recursive: bool,
    /// The most files of one input, 2^24 by default. Folders do not count.
    pub max_files: usize,
    /// The most folders directly in one folder, 2^20 by default.
    pub max_folders: usize,
}

impl Default for DiscoverOptions {
    fn default() -> Self {
        DiscoverOptions {
            recursive: false,
            max_files: 1 << 24,
            max_folders: 1 << 20,
        }
    }
}

/// The most folders within each other.
pub const MAX_DEPTH: usize = 64;

/// What [`discover`] found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Found {
    /// The sets, in order.
    pub sets: Vec<FileSet>,
    /// Folders that were named and have no images.
    pub empty_folders: Vec<PathBuf>,
}

/// The reason why files do not make up sets.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DiscoverError {
    /// A path does not exist, or may not be looked at.
    #[error("cannot read input {}: {source}", .path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A folder cannot be read.
    #[error("cannot read folder {}: {source}", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// An input has no images.
    #[error("no images in {}", shown_paths(.paths))]
    NoImages {
        /// What was given.
        paths: Vec<PathBuf>,
    },
    /// Inputs have different numbers of images.
    #[error("input {} has {count} image(s), input {} has {other_count}", Shown(.input), Shown(.other))]
    Counts {
        /// The first input.
        input: String,
        /// Its images.
        count: usize,
        /// The other input.
        other: String,
        /// Its images.
        other_count: usize,
    },
    /// Results of two sets would have one name.
    #[error("{} and {} would both be written as \"{}\"", .first.display(), .second.display(), .stem.display())]
    SameStem {
        /// The first image.
        first: PathBuf,
        /// The second image.
        second: PathBuf,
        /// The name of both.
        stem: OsString,
    },
    /// An input has more files than the caller allows.
    #[error("input {} has more than {limit} files", Shown(.input))]
    TooMany {
        /// The input.
        input: String,
        /// The most files.
        limit: usize,
    },
    /// A folder has more folders in it than the caller allows.
    #[error("{} has more than {limit} folders in it", .path.display())]
    TooManyFolders {
        /// The folder.
        path: PathBuf,
        /// The most folders.
        limit: usize,
    },
    /// Folders are nested too deeply.
    #[error("{} is below {MAX_DEPTH} folders, and no more are read", .path.display())]
    TooDeep {
        /// The folder.
        path: PathBuf,
    },
}

fn shown_paths(paths: &[PathBuf]) -> String {
    let names: Vec<_> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    names.join(", ")
}

/// Lists the images that paths stand for, in order: a file for itself, whatever its name; a folder for the images in it, by their extensions
/// ([`extensions`]) and sorted by name, without hidden files. Where there are several inputs, image n of each forms set n.
///
/// # Errors
/// A path does not exist or cannot be read; an input has no image, or more files or folders than the options allow; inputs have different numbers of images; two
/// images of the first input have the same stem.
pub fn discover(inputs: &[NamedPaths], options: &DiscoverOptions) -> Result<Found, DiscoverError> {
    let mut found = Found::default();
    for (number, input) in inputs.iter().enumerate() {
        let images = images_of(input, options, &mut found.empty_folders)?;
        if number == 0 {
            let single = |(path, stem)| FileSet {
                paths: vec![path],
                stem,
            };
            found.sets = images.into_iter().map(single).collect();
            refuse_equal_stems(&found.sets)?;
            continue;
        }
        if images.len() != found.sets.len() {
            return Err(DiscoverError::Counts {
                input: inputs[0].name.clone(),
                count: found.sets.len(),
                other: input.name.clone(),
                other_count: images.len(),
            });
        }
        for (set, (image, _)) in found.sets.iter_mut().zip(images) {
            set.paths.push(image);
        }
    }
    Ok(found)
}

/// An image and its stem.
type Named = (PathBuf, OsString);

fn images_of(
    input: &NamedPaths,
    options: &DiscoverOptions,
    empty: &mut Vec<PathBuf>,
) -> Result<Vec<Named>, DiscoverError> {
    let mut images = Images {
        input: &input.name,
        options,
        found: Vec::new(),
    };
    for path in &input.paths {
        let metadata = fs::metadata(path).map_err(|source| DiscoverError::Path {
            path: path.clone(),
            source,
        })?;
        if metadata.is_dir() {
            let before = images.found.len();
            images.add_folder(path, Path::new(""), 0, &mut HashSet::new())?;
            if images.found.len() == before {
                empty.push(path.clone());
            }
        } else {
            images.add(path.clone(), Path::new(""))?;
        }
    }
    match images.found.is_empty() {
        true => Err(DiscoverError::NoImages {
            paths: input.paths.clone(),
        }),
        false => Ok(images.found),
    }
}

/// The images of one input.
struct Images<'a> {
    input: &'a str,
    options: &'a DiscoverOptions,
    found: Vec<Named>,
}

impl Images<'_> {
    /// Adds a file; `below` are the folders between it and the one that was named.
    fn add(&mut self, path: PathBuf, below: &Path) -> Result<(), DiscoverError> {
        if self.found.len() == self.options.max_files {
            return Err(self.too_many());
        }
        // Every path that is not a folder has a file name; if one ever has not, the whole path serves.
        let stem = path.file_stem().unwrap_or(path.as_os_str());
        let stem = below.join(stem).into_os_string();
        self.found.push((path, stem));
        Ok(())
    }

    fn too_many(&self) -> DiscoverError {
        DiscoverError::TooMany {
            input: self.input.to_owned(),
            limit: self.options.max_files,
        }
    }

    fn add_folder(
        &mut self,
        folder: &Path,
        below: &Path,
        depth: usize,
        visited: &mut HashSet<FileId>,
    ) -> Result<(), DiscoverError> {
        if depth > MAX_DEPTH {
            return Err(DiscoverError::TooDeep {
                path: folder.to_owned(),
            });
        }
        // The path that comes first in the order of names is the one that counts.
        if let Some((id, _)) = FileId::of(folder)
            && !visited.insert(id)
        {
            return Ok(());
        }
        let unreadable = |source| DiscoverError::Folder {
            path: folder.to_owned(),
            source,
        };
        let mut entries = Vec::new();
        let mut folders = 0;
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name();
            // A broken link stays in the list, so that it is reported by name.
            let is_folder = fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_dir());
            let counts = match is_folder {
                true => self.options.recursive && !is_hidden(&name),
                false => has_image_name(&name),
            };
            if !counts {
                continue;
            }
            folders += usize::from(is_folder);
            entries.push((name, is_folder));
            if folders > self.options.max_folders {
                return Err(DiscoverError::TooManyFolders {
                    path: folder.to_owned(),
                    limit: self.options.max_folders,
                });
            }
            // Before all names are there and sorted.
            if entries.len() - folders > self.options.max_files - self.found.len() {
                return Err(self.too_many());
            }
        }
        entries.sort_unstable();
        for (name, is_folder) in entries {
            match is_folder {
                true => {
                    self.add_folder(&folder.join(&name), &below.join(&name), depth + 1, visited)?
                }
                false => self.add(folder.join(&name), below)?,
            }
        }
        Ok(())
    }
}

/// Whether a file of this name counts as an image: it has a known extension and is not hidden.
fn has_image_name(name: &OsStr) -> bool {
    !is_hidden(name) && Format::of_path(Path::new(name)).is_some()
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// The extensions of files in a folder that are taken for images, in lower case; they count in letters of either case.
pub fn extensions() -> Vec<&'static str> {
    let formats = Format::ALL.iter();
    formats
        .flat_map(|format| format.extensions())
        .copied()
        .collect()
}

fn refuse_equal_stems(sets: &[FileSet]) -> Result<(), DiscoverError> {
    let mut seen: HashMap<OsString, &Path> = HashMap::with_capacity(sets.len());
    for set in sets {
        // Results whose names differ only in case are one file where the file system ignores case.
        let key = if cfg!(any(windows, target_os = "macos")) {
            set.stem.to_ascii_lowercase()
        } else {
            set.stem.clone()
        };
        if let Some(first) = seen.insert(key, &set.paths[0]) {
            return Err(DiscoverError::SameStem {
                first: first.to_owned(),
                second: set.paths[0].clone(),
                stem: set.stem.clone(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "discover_tests.rs"]
mod tests;
