//! `pixelflume run` over images of many sizes, which share batches and an engine where the pipeline takes them together.

mod common;

use common::{chain, command, example, finish, names, pixels, run, save};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const SIZES: usize = 23;

/// A folder of images, each of a size of its own; the last four are gray.
fn images(folder: &Path) -> PathBuf {
    let images = folder.join("images");
    fs::create_dir(&images).unwrap();
    for number in 0..SIZES {
        let channels = if number < SIZES - 4 { 3 } else { 1 };
        let (width, height) = (30 + number * 7 % 50, 70 - number * 2);
        let image = pixels(width, height, channels, number as u64);
        save(&images.join(format!("{number:02}.png")), &image);
    }
    images
}

/// The results of a run with their bytes, and its report.
fn results(
    pipeline: &Path,
    inputs: &[&Path],
    out: &Path,
    further: &[&str],
) -> (BTreeMap<PathBuf, Vec<u8>>, Value) {
    let report = out.with_extension("json");
    let mut arguments = further.to_vec();
    arguments.extend(["--report", report.to_str().unwrap()]);
    run(pipeline, inputs, out, &arguments).ended(0);
    let mut files = BTreeMap::new();
    let mut open = vec![out.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(out).unwrap().to_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let report = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    (files, report)
}

#[test]
fn a_folder_of_many_sizes_has_few_engines_and_the_results_of_each_image_alone() {
    let folder = tempfile::tempdir().unwrap();
    let images = images(folder.path());
    let pipeline = example("thumbnails.toml");
    let mut alone = BTreeMap::new();
    for name in names(&images) {
        let out = folder.path().join(format!("alone-{name}"));
        let (files, report) = results(&pipeline, &[&images.join(name)], &out, &[]);
        assert_eq!(report["engines"]["made"], 1);
        alone.extend(files);
    }
    assert_eq!(alone.len(), 2 * SIZES);
    for (case, further) in [
        ("default", &[][..]),
        ("one", &["--batch", "1"]),
        ("direct", &["--batch", "5", "--execution", "direct"]),
        ("large", &["--batch", "100", "--threads", "1"]),
        ("apart", &["--no-fusion"]),
    ] {
        let out = folder.path().join(case);
        let (files, report) = results(&pipeline, &[&images], &out, further);
        assert!(files == alone, "{case}: other results");
        let engines = &report["engines"];
        // For two formats; an engine for few images gives way to one for more.
        assert!(engines["made"].as_u64().unwrap() <= 4, "{case}: {engines}");
        assert_eq!(engines["mixed"], engines["made"], "{case}");
        assert_eq!(engines["not_mixed"], Value::Null, "{case}");
        assert_eq!(engines["frames"], SIZES, "{case}");
        if case == "large" {
            assert_eq!(engines["batches"], 2, "{engines}");
        }
    }
}

#[test]
fn small_rooms_divide_batches_and_larger_images_have_engines_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let images = images(folder.path());
    let pipeline = example("thumbnails.toml");
    let (expected, _) = results(&pipeline, &[&images], &folder.path().join("all"), &[]);
    let out = folder.path().join("small");
    let report = folder.path().join("small.json");
    let mut command = command();
    command.arg("run").arg(&pipeline).arg(&images);
    command.arg("--out").arg(&out).arg("--report").arg(&report);
    // Less than the larger images have.
    finish(command.env("PIXELFLUME_MIXED_BYTES", "9000")).ended(0);
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    assert_eq!(
        report["engines"]["settings"]["PIXELFLUME_MIXED_BYTES"]["value"],
        "9000"
    );
    assert_eq!(report["totals"]["failed"], 0);
    assert!(report["engines"]["made"].as_u64().unwrap() > 4, "{report}");
    for (name, bytes) in expected {
        assert!(
            fs::read(out.join(&name)).unwrap() == bytes,
            "{}",
            name.display()
        );
    }
}

#[test]
fn a_refused_image_is_named_and_the_others_of_its_batch_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let images = images(folder.path());
    save(&images.join("05-small.png"), &pixels(20, 20, 3, 1));
    let crop = "op = \"crop\"\nx = 10\ny = 10\nwidth = 18\nheight = 14";
    let resize = "op = \"resize\"\nwidth = 9\nheight = 9";
    let pipeline = chain(folder.path(), &[crop, resize]);
    for batch in ["1", "8"] {
        let out = folder.path().join(format!("out{batch}"));
        let ran = run(&pipeline, &[&images], &out, &["--batch", batch]).ended(1);
        ran.complained(&["05-small.png: ", "n0", "20x20x3"]);
        assert_eq!(names(&out).len(), SIZES);
    }
}

#[test]
fn a_pipeline_that_takes_one_size_has_an_engine_for_each_and_the_report_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let images = images(folder.path());
    let sobel = "op = \"sobel\"";
    let pipeline = chain(folder.path(), &[sobel]);
    let inputs: Vec<PathBuf> = names(&images)[..6]
        .iter()
        .map(|name| images.join(name))
        .collect();
    let inputs: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
    let gray = chain(
        folder.path(),
        &["op = \"color\"\nconversion = \"rgb_to_gray\"", sobel],
    );
    assert_eq!(gray, pipeline);
    let (_, report) = results(&pipeline, &inputs, &folder.path().join("out"), &[]);
    let engines = &report["engines"];
    assert_eq!(
        (&engines["made"], &engines["mixed"]),
        (&6.into(), &0.into()),
        "{engines}"
    );
    let reason = engines["not_mixed"].as_str().unwrap();
    assert!(reason.contains("\"n"), "{reason}");
}

#[test]
fn random_numbers_belong_to_the_image_whatever_its_batch() {
    let folder = tempfile::tempdir().unwrap();
    let images = images(folder.path());
    let crop = "op = \"random_resized_crop\"\nwidth = 16\nheight = 12\nseed = 7";
    let pipeline = chain(folder.path(), &[crop]);
    let run = |case: &str, inputs: &[&Path], further: &[&str]| {
        results(&pipeline, inputs, &folder.path().join(case), further).0
    };
    let all = run("all", &[&images], &[]);
    assert_eq!(all.len(), SIZES);
    assert!(run("one", &[&images], &["--batch", "1"]) == all);
    assert!(run("threads", &[&images], &["--batch", "3", "--threads", "1"]) == all);
    // The seventh image alone, by its number.
    let seventh = names(&images)[7].clone();
    let image = images.join(&seventh);
    let alone = run("alone", &[&image], &["--first-index", "7"]);
    assert!(alone[Path::new(&seventh)] == all[Path::new(&seventh)]);
    assert!(run("first", &[&image], &[])[Path::new(&seventh)] != all[Path::new(&seventh)]);
    let next = run("next", &[&images], &["--epoch", "1"]);
    assert!(next != all);
    assert!(run("again", &[&images], &["--epoch", "1", "--batch", "2"]) == next);
}

#[test]
fn draws_without_a_common_shape_of_results_belong_to_the_image_too() {
    let folder = tempfile::tempdir().unwrap();
    let images = images(folder.path());
    // Images of one size share an engine and its groups.
    for number in 0..6 {
        let name = format!("of-one-size-{number}.png");
        save(&images.join(name), &pixels(40, 30, 3, 100 + number));
    }
    let flip = "op = \"random_flip\"\nvertical = 0.5\nseed = 3";
    let pipeline = chain(folder.path(), &[flip, "op = \"threshold\"\nthreshold = 90"]);
    let run = |case: &str, inputs: &[&Path], further: &[&str]| {
        results(&pipeline, inputs, &folder.path().join(case), further).0
    };
    let all = run("all", &[&images], &[]);
    assert_eq!(all.len(), SIZES + 6);
    for (number, name) in names(&images).iter().enumerate() {
        let (path, index) = (images.join(name), number.to_string());
        if number % 5 == 0 || name.starts_with("of") {
            let alone = run(
                &format!("alone{number}"),
                &[&path],
                &["--first-index", &index],
            );
            assert!(alone[Path::new(name)] == all[Path::new(name)], "{name}");
        }
    }
    assert!(run("next", &[&images], &["--epoch", "1"]) != all);
}

#[test]
fn where_memory_is_short_images_of_any_sizes_are_done_in_smaller_batches() {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("images");
    fs::create_dir(&images).unwrap();
    // Each is larger than the one before, so that no engine for a single batch fits the next one.
    for number in 0..24 {
        let image = pixels(100 + 20 * number, 100, 3, number as u64);
        save(&images.join(format!("{number:02}.png")), &image);
    }
    let pipeline = example("thumbnails.toml");
    let run = |name: &str, further: &[&str]| {
        let out = folder.path().join(name);
        results(&pipeline, &[&images], &out, further).0
    };
    let usual = run("usual", &[]);
    // Engines have 6 MiB, and one for many batches needs more.
    assert_eq!(run("short", &["--host-memory", "16MiB"]), usual);
    assert_eq!(usual.len(), 48);
}
