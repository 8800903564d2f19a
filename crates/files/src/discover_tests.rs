//! Folders of all kinds, and inputs that go together.

use super::*;

fn folder(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        fs::write(folder.path().join(name), "").unwrap();
    }
    folder
}

/// The images of a pipeline with one input.
fn discover(paths: &[PathBuf]) -> Result<Vec<FileSet>, DiscoverError> {
    sets(&[input("input", paths)])
}

fn sets(inputs: &[NamedPaths]) -> Result<Vec<FileSet>, DiscoverError> {
    super::discover(inputs, &DiscoverOptions::default()).map(|found| found.sets)
}

fn input(name: &str, paths: &[PathBuf]) -> NamedPaths {
    NamedPaths {
        name: name.to_owned(),
        paths: paths.to_vec(),
    }
}

fn found(folder: &tempfile::TempDir) -> Vec<String> {
    let inputs = discover(&[folder.path().to_owned()]).unwrap();
    let name = |input: &FileSet| {
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
    let found = sets(&[left.clone(), right]).unwrap();
    assert_eq!(found[0].paths, [path("a.png"), path("c.png")]);
    assert_eq!(found[1].paths, [path("b.png"), path("a.png")]);
    assert_eq!(found[1].stem, "b");
    // One image is not repeated for all images of another input.
    let one = input("right", &[path("c.png")]);
    let error = sets(&[left, one]).unwrap_err().to_string();
    assert_eq!(error, "input left has 2 image(s), input right has 1");
}

const TREE: DiscoverOptions = DiscoverOptions {
    recursive: true,
    max_files: 100,
    max_folders: 100,
};

fn tree(path: &Path, options: &DiscoverOptions) -> Result<Vec<String>, DiscoverError> {
    let found = super::discover(&[input("input", &[path.to_owned()])], options)?;
    let stem = |set: FileSet| set.stem.into_string().unwrap().replace('\\', "/");
    Ok(found.sets.into_iter().map(stem).collect())
}

#[test]
fn folders_below_are_read_where_that_is_asked_for() {
    let folder = folder(&["z.png", "a.png"]);
    let path = folder.path();
    for below in ["m/n", "b", ".hidden", "empty"] {
        fs::create_dir_all(path.join(below)).unwrap();
    }
    for name in ["m/n/1.png", "m/2.png", "b/1.png", ".hidden/3.png"] {
        fs::write(path.join(name), "").unwrap();
    }
    assert_eq!(tree(path, &DiscoverOptions::default()).unwrap(), ["a", "z"]);
    assert_eq!(
        tree(path, &TREE).unwrap(),
        ["a", "b/1", "m/2", "m/n/1", "z"]
    );
    let few = DiscoverOptions {
        max_files: 4,
        ..TREE
    };
    let error = tree(path, &few).unwrap_err();
    assert!(
        matches!(error, DiscoverError::TooMany { limit: 4, .. }),
        "{error}"
    );
    let empty = [path.join("empty"), path.to_owned()];
    let found = super::discover(&[input("input", &empty)], &TREE).unwrap();
    assert_eq!(found.empty_folders, [path.join("empty")]);
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_round_in_a_circle() {
    use std::os::unix::fs::symlink;
    let folder = folder(&["a.png"]);
    let path = folder.path();
    fs::create_dir(path.join("b")).unwrap();
    fs::write(path.join("b/1.png"), "").unwrap();
    symlink("..", path.join("b/up")).unwrap();
    symlink("b", path.join("c")).unwrap();
    symlink("nowhere", path.join("broken.png")).unwrap();
    assert_eq!(tree(path, &TREE).unwrap(), ["a", "b/1", "broken"]);
}

#[test]
fn folders_do_not_count_as_files() {
    let folder = folder(&["a.png"]);
    let path = folder.path();
    for below in ["b", "c", "d"] {
        fs::create_dir(path.join(below)).unwrap();
    }
    fs::write(path.join("d/1.png"), "").unwrap();
    let two = DiscoverOptions {
        max_files: 2,
        ..TREE
    };
    assert_eq!(tree(path, &two).unwrap(), ["a", "d/1"]);
    let one = DiscoverOptions {
        max_files: 1,
        ..TREE
    };
    let error = tree(path, &one).unwrap_err();
    assert!(matches!(error, DiscoverError::TooMany { .. }), "{error}");
    let two = DiscoverOptions {
        max_folders: 2,
        ..TREE
    };
    let error = tree(path, &two).unwrap_err();
    assert!(
        matches!(error, DiscoverError::TooManyFolders { limit: 2, .. }),
        "{error}"
    );
}

#[test]
fn deep_folders_are_refused() {
    let folder = folder(&[]);
    let mut path = folder.path().to_owned();
    for _ in 0..=MAX_DEPTH {
        path.push("d");
    }
    fs::create_dir_all(&path).unwrap();
    let error = tree(folder.path(), &TREE).unwrap_err();
    assert!(matches!(error, DiscoverError::TooDeep { .. }), "{error}");
}
