//! Finds the images that the arguments name, and refuses sets whose results would collide.

use crate::console;
use crate::failure::Failure;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

/// Extensions of the files that a folder stands for, in lower case.
const EXTENSIONS: [&str; 10] = [
    "png", "jpg", "jpeg", "jpe", "bmp", "pbm", "pgm", "ppm", "pnm", "pam",
];

/// An image to process.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Input {
    /// Where it lies, as the user wrote it.
    pub(crate) path: PathBuf,
    /// Its file name without the extension; the results are called so.
    pub(crate) stem: OsString,
}

/// The images that `arguments` name, in order: files as they are, folders as the images directly in them, sorted by
/// name.
///
/// # Errors
/// When an argument does not exist or cannot be read, when there is no image at all, and when two images have the same
/// stem.
pub(crate) fn discover(arguments: &[PathBuf]) -> Result<Vec<Input>, Failure> {
    let mut inputs = Vec::new();
    for argument in arguments {
        let metadata = fs::metadata(argument).map_err(|error| {
            Failure::new(format!("cannot read input {}: {error}", argument.display()))
        })?;
        if metadata.is_dir() {
            let images = images_of_folder(argument)?;
            if images.is_empty() && arguments.len() > 1 {
                console::warning(&format!("no images in folder {}", argument.display()));
            }
            inputs.extend(images.into_iter().map(input));
        } else {
            inputs.push(input(argument.clone()));
        }
    }
    if inputs.is_empty() {
        let names: Vec<_> = arguments
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        return Err(Failure::new(format!("no images in {}", names.join(", ")))
            .help(format!(
                "a folder stands for the files directly in it that end in {}",
                EXTENSIONS.join(", ")
            ))
            .help("name files one by one to read images with other names"));
    }
    refuse_equal_stems(&inputs)?;
    Ok(inputs)
}

/// Refuses a run whose results would replace one of its inputs.
///
/// `folders` are the folders of the results; they need not exist yet.
pub(crate) fn refuse_overwriting(
    inputs: &[Input],
    folders: &[PathBuf],
    extension: &str,
) -> Result<(), Failure> {
    for folder in folders.iter().filter(|folder| folder.exists()) {
        for input in inputs {
            let mut name = input.stem.clone();
            name.push(".");
            name.push(extension);
            let result = folder.join(name);
            let same = match (fs::canonicalize(&result), fs::canonicalize(&input.path)) {
                (Ok(result), Ok(input)) => result == input,
                _ => false,
            };
            if same {
                return Err(Failure::new(format!(
                    "the result of {} would replace it",
                    input.path.display()
                ))
                .help("choose another folder for --out"));
            }
        }
    }
    Ok(())
}

fn input(path: PathBuf) -> Input {
    // Every path that is not a folder ends in a name; the path itself is the sensible answer if one ever does not.
    let stem = path.file_stem().unwrap_or(path.as_os_str()).to_os_string();
    Input { path, stem }
}

fn images_of_folder(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(format!("cannot read folder {}: {error}", folder.display()))
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        // A link that leads nowhere stays in the list, so that it is reported by name.
        let is_folder = fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_dir());
        if !is_folder && has_image_name(&name) {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// Whether a file of this name in a folder counts as an image: a known extension, and not hidden.
fn has_image_name(name: &OsStr) -> bool {
    let hidden = name.as_encoded_bytes().starts_with(b".");
    let extension = Path::new(name)
        .extension()
        .and_then(OsStr::to_str)
        .unwrap_or_default();
    !hidden
        && EXTENSIONS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(extension))
}

fn refuse_equal_stems(inputs: &[Input]) -> Result<(), Failure> {
    let mut seen: HashMap<OsString, &Path> = HashMap::with_capacity(inputs.len());
    for input in inputs {
        // Where file names that differ in case alone are one file, so are the results.
        let key = if cfg!(any(windows, target_os = "macos")) {
            input.stem.to_ascii_lowercase()
        } else {
            input.stem.clone()
        };
        if let Some(first) = seen.insert(key, &input.path) {
            return Err(Failure::new(format!(
                "{} and {} would both be written as \"{}\"",
                first.display(),
                input.path.display(),
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

    fn found(folder: &tempfile::TempDir) -> Vec<String> {
        let inputs = discover(&[folder.path().to_owned()]).unwrap();
        let name = |input: &Input| input.path.file_name().unwrap().to_str().unwrap().to_owned();
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
        assert_eq!(inputs[1].path, paths[1]);
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
    fn results_over_inputs_are_refused() {
        let folder = folder(&["a.png", "b.jpg"]);
        let inputs = discover(&[folder.path().to_owned()]).unwrap();
        let here = [folder.path().to_owned()];
        assert!(refuse_overwriting(&inputs, &here, "png").is_err());
        assert!(refuse_overwriting(&inputs, &here, "jpg").is_err());
        assert!(refuse_overwriting(&inputs[1..], &here, "png").is_ok());
        assert!(refuse_overwriting(&inputs, &[folder.path().join("new")], "png").is_ok());
    }
}
