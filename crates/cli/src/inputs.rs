//! Finds the images that the arguments name, and refuses sets whose results would have the same name.

use crate::console;
use crate::failure::Failure;
use pixelflume::codec::Format;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

/// The images of one result: one for each input of the pipeline.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Input {
    /// The paths as the user wrote them; at least one.
    pub(crate) paths: Vec<PathBuf>,
    /// The file name of the first image without its extension; results have this name.
    pub(crate) stem: OsString,
}

impl Input {
    /// The name in messages.
    pub(crate) fn name(&self) -> String {
        let names: Vec<_> = self
            .paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        names.join(" with ")
    }
}

/// The arguments for one input of the pipeline.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Paths {
    /// The name of the input.
    pub(crate) name: String,
    /// Files, folders, or videos; at least one.
    pub(crate) paths: Vec<PathBuf>,
}

/// Lists the images that the arguments name, in order. A folder stands for the images directly in it, sorted by name. Where the
/// pipeline has several inputs, image n of each input forms set n.
///
/// # Errors
/// An argument does not exist or cannot be read; there is no image; inputs have different numbers of images; two images of the
/// first input have the same stem.
pub(crate) fn discover(inputs: &[Paths]) -> Result<Vec<Input>, Failure> {
    let mut sets: Vec<Input> = Vec::new();
    for (number, input) in inputs.iter().enumerate() {
        let images = images_of(&input.paths)?;
        if number == 0 {
            sets = images.into_iter().map(single).collect();
            refuse_equal_stems(&sets)?;
            continue;
        }
        if images.len() != sets.len() {
            return Err(Failure::new(format!(
                "input {} has {} image(s), input {} has {}",
                inputs[0].name,
                sets.len(),
                input.name,
                images.len()
            ))
            .help("each image of one input goes with the image of the same place of the others: give equal numbers"));
        }
        for (set, image) in sets.iter_mut().zip(images) {
            set.paths.push(image);
        }
    }
    Ok(sets)
}

fn images_of(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for argument in arguments {
        let metadata = fs::metadata(argument).map_err(|error| {
            Failure::new(format!("cannot read input {}: {error}", argument.display()))
        })?;
        if metadata.is_dir() {
            let images = images_of_folder(argument)?;
            if images.is_empty() && arguments.len() > 1 {
                console::warning(&format!("no images in folder {}", argument.display()));
            }
            found.extend(images);
        } else {
            found.push(argument.clone());
        }
    }
    if found.is_empty() {
        let names: Vec<_> = arguments
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        return Err(Failure::new(format!("no images in {}", names.join(", ")))
            .help(format!(
                "a folder stands for the files directly in it that end in {}",
                extensions().join(", ")
            ))
            .help("name files one by one to read images with other names, and videos too"));
    }
    Ok(found)
}

fn single(path: PathBuf) -> Input {
    // Every path that is not a folder has a file name; if one ever has not, the whole path serves.
    let stem = path.file_stem().unwrap_or(path.as_os_str()).to_os_string();
    Input {
        paths: vec![path],
        stem,
    }
}

fn images_of_folder(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(format!("cannot read folder {}: {error}", folder.display()))
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        // A broken link stays in the list, so that it is reported by name.
        let is_folder = fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_dir());
        if !is_folder && has_image_name(&name) {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// Whether a file of this name counts as an image: it has a known extension and is not hidden.
fn has_image_name(name: &OsStr) -> bool {
    let hidden = name.as_encoded_bytes().starts_with(b".");
    !hidden && Format::of_path(Path::new(name)).is_some()
}

/// The extensions of files in a folder that are taken for images, in lower case.
fn extensions() -> Vec<&'static str> {
    let formats = Format::ALL.iter();
    formats
        .flat_map(|format| format.extensions())
        .copied()
        .collect()
}

fn refuse_equal_stems(inputs: &[Input]) -> Result<(), Failure> {
    let mut seen: HashMap<OsString, &Path> = HashMap::with_capacity(inputs.len());
    for input in inputs {
        // Results whose names differ only in case are one file where the file system ignores case.
        let key = if cfg!(any(windows, target_os = "macos")) {
            input.stem.to_ascii_lowercase()
        } else {
            input.stem.clone()
        };
        if let Some(first) = seen.insert(key, &input.paths[0]) {
            return Err(Failure::new(format!(
                "{} and {} would both be written as \"{}\"",
                first.display(),
                input.paths[0].display(),
                input.stem.display()
            ))
            .help("results are named after their inputs without folder and extension: rename one, or run them into two folders"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(folder.path().join(name), "").unwrap();
        }
        folder
    }

    /// The images of a pipeline with one input.
    fn discover(paths: &[PathBuf]) -> Result<Vec<Input>, Failure> {
        super::discover(&[input("input", paths)])
    }

    fn input(name: &str, paths: &[PathBuf]) -> Paths {
        Paths {
            name: name.to_owned(),
            paths: paths.to_vec(),
        }
    }

    fn found(folder: &tempfile::TempDir) -> Vec<String> {
        let inputs = discover(&[folder.path().to_owned()]).unwrap();
        let name = |input: &Input| {
            input.paths[0]
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        };
        inputs.iter().map(name).collect()
    }

    #[test]
    fn folders_stand_for_their_images_by_name() {
        let folder = folder(&[
            "c.PNG",
            "a.jpeg",
            "b.ppm",
            ".hidden.png",
            "notes.txt",
            "png",
            "d.bmp",
            "e.png.tmp",
        ]);
        fs::create_dir(folder.path().join("below.png")).unwrap();
        fs::write(folder.path().join("below.png/deep.png"), "").unwrap();
        assert_eq!(found(&folder), ["a.jpeg", "b.ppm", "c.PNG", "d.bmp"]);
    }

    #[test]
    fn files_are_taken_whatever_their_name_and_in_order() {
        let folder = folder(&["z", "a.dat"]);
        let paths = [folder.path().join("z"), folder.path().join("a.dat")];
        let inputs = discover(&paths).unwrap();
        assert_eq!(inputs[0].stem, "z");
        assert_eq!(inputs[1].stem, "a");
        assert_eq!(inputs[1].paths, paths[1..]);
    }

    #[test]
    fn nothing_and_missing_are_refused() {
        let folder = folder(&["notes.txt"]);
        let error = discover(&[folder.path().to_owned()]).unwrap_err();
        assert!(error.to_string().starts_with("no images in "), "{error}");
        let error = discover(&[folder.path().join("missing.png")]).unwrap_err();
        assert!(error.to_string().contains("missing.png"), "{error}");
    }

    #[test]
    fn equal_stems_are_refused_by_both_names() {
        let folder = folder(&["a.png", "a.jpg", "b.png"]);
        let error = discover(&[folder.path().to_owned()])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("a.png") && error.contains("a.jpg"),
            "{error}"
        );
        let twice = [folder.path().join("b.png"), folder.path().join("b.png")];
        assert!(discover(&twice).is_err());
    }

    #[test]
    fn inputs_of_a_pipeline_go_together_by_place() {
        let folder = folder(&["a.png", "b.png", "c.png"]);
        let path = |name: &str| folder.path().join(name);
        let left = input("left", &[path("a.png"), path("b.png")]);
        let right = input("right", &[path("c.png"), path("a.png")]);
        let sets = super::discover(&[left.clone(), right]).unwrap();
        assert_eq!(sets[0].paths, [path("a.png"), path("c.png")]);
        assert_eq!(sets[1].paths, [path("b.png"), path("a.png")]);
        assert_eq!(sets[1].stem, "b");
        // One image is not repeated for all images of another input.
        let one = input("right", &[path("c.png")]);
        let error = super::discover(&[left, one]).unwrap_err().to_string();
        assert!(
            error.starts_with("input left has 2 image(s), input right has 1\n"),
            "{error}"
        );
    }
}
