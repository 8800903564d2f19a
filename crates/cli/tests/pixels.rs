//! The command computes the right pixels for all images and settings.

mod common;

use common::{
    Pixels, chain, command, edges, example, finish, load, names, pixels, project, run, save,
};
use pixelflume::ops::reference;
use std::fs;
use std::path::{Path, PathBuf};

/// Every output of every example pipeline over the photographs, compared by hash with OpenCV's.
///
/// OpenCV reads every file as three channels and the command keeps the channels of the file, so photographs with other channels
/// are left out.
#[test]
fn photographs_equal_opencv() {
    let golden = fs::read_to_string(project("crates/ops/tests/golden/photographs.json")).unwrap();
    let golden: serde_json::Value = serde_json::from_str(&golden).unwrap();
    let photo_of =
        |case: &serde_json::Value| project("examples/photos").join(case["photo"].as_str().unwrap());
    let cases: Vec<_> = golden.as_array().unwrap().iter().collect();
    let cases = cases
        .into_iter()
        .filter(|case| load(&photo_of(case)).channels == case["input"]["channels"]);
    let cases: Vec<_> = cases.collect();
    let mut compared = 0;
    for name in ["edges.toml", "fork_join.toml", "thumbnails.toml"] {
        let cases = cases.iter().filter(|case| case["pipeline"] == name);
        let photos: Vec<_> = cases.clone().map(|case| photo_of(case)).collect();
        let photos: Vec<&Path> = photos.iter().map(PathBuf::as_path).collect();
        let out = tempfile::tempdir().unwrap();
        let ran = run(&example(name), &photos, out.path(), &[]).ended(0);
        let begin = format!("{} images, ", photos.len());
        assert!(ran.stdout.starts_with(&begin), "{ran:#?}");
        assert_eq!(ran.stderr, "");
        for case in cases {
            let outputs = case["outputs"].as_object().unwrap();
            for (output, expected) in outputs {
                let folder = match outputs.len() {
                    1 => out.path().to_owned(),
                    _ => out.path().join(output),
                };
                let path = folder.join(case["photo"].as_str().unwrap());
                let image = load(&path);
                let shape = [image.width, image.height, image.channels];
                for (key, value) in ["width", "height", "channels"].iter().zip(shape) {
                    assert_eq!(expected[key], value, "{key} of {}", path.display());
                }
                let hash = format!("{:016x}", common::fnv1a(&image.data));
                assert_eq!(expected["fnv"], hash, "{}", path.display());
                compared += 1;
            }
        }
    }
    assert!(compared >= 2 * (1 + 3 + 2), "{compared} outputs compared");
}

#[test]
fn a_jpeg_photograph_equals_the_reference() {
    let out = tempfile::tempdir().unwrap();
    let photo = project("examples/photos/rocket.jpg");
    run(&example("edges.toml"), &[&photo], out.path(), &[]).ended(0);
    assert_eq!(names(out.path()), ["rocket.png"]);
    assert_eq!(load(&out.path().join("rocket.png")), edges(&load(&photo)));
}

/// Images of many shapes and of all numbers of channels; some shapes fill more than one batch.
fn mixture(folder: &Path) -> Vec<(String, Pixels)> {
    let mut images = Vec::new();
    for number in 0..40_usize {
        let (width, height) = match number % 4 {
            0 | 1 => (31, 17),
            2 => (1 + number, 1 + number % 5),
            _ => (1, 40 - number),
        };
        let channels = [1, 3, 4][number % 3];
        let image = pixels(width, height, channels, number as u64);
        let extension = match (channels, number % 2) {
            (1, 0) => "pgm",
            (3, 0) => "bmp",
            _ => "png",
        };
        let stem = format!("image {number:02}");
        save(&folder.join(format!("{stem}.{extension}")), &image);
        images.push((stem, image));
    }
    images
}

#[test]
fn any_mixture_of_shapes_and_channels_equals_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let images = mixture(folder.path());
    for settings in [
        &[][..],
        &["--batch", "1", "--threads", "1", "--streams", "1"],
        &["--batch", "3", "--threads", "5", "--device", "host"],
    ] {
        let out = tempfile::tempdir().unwrap();
        run(
            &example("thumbnails.toml"),
            &[folder.path()],
            out.path(),
            settings,
        )
        .ended(0);
        assert_eq!(names(out.path()), ["icon", "preview"]);
        for (stem, image) in &images {
            let name = format!("{stem}.png");
            assert_eq!(
                load(&out.path().join("preview").join(&name)),
                reference::resize_bilinear(image, 160, 120),
                "{stem} {settings:?}"
            );
            assert_eq!(
                load(&out.path().join("icon").join(&name)),
                reference::resize_nearest(image, 64, 64),
                "{stem} {settings:?}"
            );
        }
        assert_eq!(names(&out.path().join("icon")).len(), images.len());
    }
}

#[test]
fn images_without_a_sister_of_their_shape_are_done_too() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut images = Vec::new();
    for number in 1..=30 {
        let image = pixels(number, 31 - number, 3, number as u64);
        save(&folder.path().join(format!("{number}.png")), &image);
        images.push((number, image));
    }
    run(
        &example("edges.toml"),
        &[folder.path()],
        &out,
        &["--batch", "4"],
    )
    .ended(0);
    for (number, image) in &images {
        let path = out.join(format!("{number}.png"));
        assert_eq!(load(&path), edges(image), "{number}");
    }
}

#[test]
fn folders_and_files_mix_and_names_may_be_anything() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("in side");
    fs::create_dir(&inside).unwrap();
    let image = pixels(9, 8, 3, 1);
    for name in ["ä ö.png", "two.dots.PNG"] {
        save(&inside.join("plain.png"), &image);
        fs::rename(inside.join("plain.png"), inside.join(name)).unwrap();
    }
    // A file that the arguments name is decoded by its content, whatever its name is.
    let odd = folder.path().join("odd");
    save(&folder.path().join("odd.png"), &image);
    fs::rename(folder.path().join("odd.png"), &odd).unwrap();
    let out = folder.path().join("deep/out");
    run(&example("edges.toml"), &[&inside, &odd], &out, &[]).ended(0);
    assert_eq!(names(&out), ["odd.png", "two.dots.png", "ä ö.png"]);
    for name in names(&out) {
        assert_eq!(load(&out.join(name)), edges(&image));
    }
}

#[test]
fn signed_results_are_npy_files() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("a.png");
    let image = pixels(37, 21, 1, 5);
    save(&input, &image);
    let out = folder.path().join("out");
    let pipeline = chain(folder.path(), &["op = \"sobel\"\noutput = \"dx\""]);
    // `--format` applies to 8-bit results.
    run(&pipeline, &[&input], &out, &["--format", "jpg"]).ended(0);
    assert_eq!(names(&out), ["a.npy"]);
    let file = fs::read(out.join("a.npy")).unwrap();
    let (header, samples) = file.split_at(128);
    let order = if cfg!(target_endian = "little") {
        '<'
    } else {
        '>'
    };
    let expected = format!("{{'descr': '{order}i2', 'fortran_order': False, 'shape': (21, 37), }}");
    assert_eq!(&header[..10], b"\x93NUMPY\x01\x00\x76\x00");
    assert_eq!(
        std::str::from_utf8(&header[10..]).unwrap().trim_end(),
        expected
    );
    let (pairs, rest) = samples.as_chunks();
    let samples: Vec<i16> = pairs.iter().map(|&pair| i16::from_ne_bytes(pair)).collect();
    assert!(rest.is_empty());
    assert_eq!(samples, reference::sobel_dx(&image).data);
}

#[test]
fn jpeg_results_are_near_the_exact_ones() {
    let out = tempfile::tempdir().unwrap();
    let photo = project("examples/photos/chelsea.png");
    let blur = chain(out.path(), &["op = \"gaussian_blur\"\nsize = 9"]);
    run(&blur, &[&photo], out.path(), &["--format", "jpg"]).ended(0);
    let exact = reference::gaussian_blur(&load(&photo), 9, None);
    let result = load(&out.path().join("chelsea.jpg"));
    assert_eq!(result.channels, 3);
    let samples = exact.data.iter().zip(&result.data);
    let sum: u64 = samples.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    let mean = sum as f64 / exact.data.len() as f64;
    assert!(mean < 3.0, "the mean difference is {mean}");
    // The command writes what it is told to: the sizes of files tell it.
    let size = |name: &str, further: &[&str]| {
        let to = out.path().join(name);
        let further = [&["--format", "jpg"], further].concat();
        run(&blur, &[&photo], &to, &further).ended(0);
        fs::metadata(to.join("chelsea.jpg")).unwrap().len()
    };
    let default = size("default", &[]);
    assert_eq!(
        size("same", &["--quality", "95", "--subsampling", "4:2:0"]),
        default
    );
    assert!(size("small", &["--quality", "50"]) < default);
    assert!(size("full", &["--subsampling", "4:4:4"]) > default);
}

#[test]
fn results_replace_files_of_earlier_runs() {
    let folder = tempfile::tempdir().unwrap();
    let photo = project("examples/photos/coffee.png");
    fs::write(folder.path().join("coffee.png"), "old").unwrap();
    run(&example("edges.toml"), &[&photo], folder.path(), &[]).ended(0);
    assert_eq!(
        load(&folder.path().join("coffee.png")),
        edges(&load(&photo))
    );
    assert_eq!(names(folder.path()), ["coffee.png"]);
}

#[test]
fn relative_paths_are_those_of_the_current_folder() {
    let folder = tempfile::tempdir().unwrap();
    let image = pixels(5, 5, 3, 2);
    save(&folder.path().join("a.png"), &image);
    fs::copy(example("edges.toml"), folder.path().join("p.toml")).unwrap();
    let mut command = command();
    command.current_dir(folder.path());
    finish(command.args(["run", "p.toml", "a.png", "--out", "o", "--report", "r.json"])).ended(0);
    assert_eq!(names(folder.path()), ["a.png", "o", "p.toml", "r.json"]);
    let result: PathBuf = folder.path().join("o/a.png");
    assert_eq!(load(&result), edges(&image));
}
