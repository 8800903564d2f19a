//! Videos through pipes and files: each frame equals the result for the same frame as an image.

mod common;

use common::{
    Pixels, chain, command, edges, example, feed, load, names, pipe, pixels, project, run, save,
};
use pixelflume::ops::reference;
use pixelflume::ops::yuv::{Subsampling, YuvCoding, YuvMatrix, YuvRange, reference as yuv};
use std::fs;
use std::path::Path;

/// The default of the command.
const CODING: YuvCoding = YuvCoding {
    matrix: YuvMatrix::Bt601,
    range: YuvRange::Limited,
};

/// Samples of a frame of this color space; they differ between frames.
fn samples(count: usize, seed: u64) -> Vec<u8> {
    pixels(count, 1, 1, seed).data
}

fn subsampling(color: &str) -> Option<Subsampling> {
    match color {
        "mono" => None,
        "422" => Some(Subsampling::S422),
        "444" => Some(Subsampling::S444),
        _ => Some(Subsampling::S420),
    }
}

/// A Y4M stream, and its frames as images by the reference conversions.
fn y4m(width: usize, height: usize, color: &str, frames: u64) -> (Vec<u8>, Vec<Pixels>) {
    let mut stream =
        format!("YUV4MPEG2 W{width} H{height} F30000:1001 It A4:3 C{color} XANY=thing\n")
            .into_bytes();
    let mut images = Vec::new();
    for seed in 0..frames {
        let subsampling = subsampling(color);
        let bytes = subsampling.map_or(width * height, |subsampling| {
            subsampling
                .frame_bytes(width as u32, height as u32)
                .unwrap()
        });
        let frame = samples(bytes, seed);
        stream.extend(
            if seed % 2 == 0 {
                "FRAME\n"
            } else {
                "FRAME Xany\n"
            }
            .as_bytes(),
        );
        stream.extend(&frame);
        images.push(match subsampling {
            None => Pixels::new(width, height, 1, frame),
            Some(subsampling) => {
                let rgb = yuv::planar_to_rgb(CODING, subsampling, width, height, &frame);
                Pixels::new(width, height, 3, rgb)
            }
        });
    }
    (stream, images)
}

/// The stream with these images as frames, each after the line `FRAME`.
fn expected(images: &[Pixels], header: &str) -> Vec<u8> {
    let (width, height) = (images[0].width, images[0].height);
    let color = if images[0].channels == 1 {
        "mono"
    } else {
        "444"
    };
    let mut stream = format!("YUV4MPEG2 W{width} H{height}{header} C{color}\n").into_bytes();
    for image in images {
        stream.extend(b"FRAME\n");
        if image.channels == 1 {
            stream.extend(&image.data);
        } else {
            stream.extend(yuv::rgb_to_planar(
                CODING,
                Subsampling::S444,
                width,
                height,
                &image.data,
            ));
        }
    }
    stream
}

const KEPT: &str = " F30000:1001 A4:3 It";

#[test]
fn every_color_space_and_odd_sizes_go_through_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let blur = chain(folder.path(), &["op = \"gaussian_blur\"\nsize = 5"]);
    for color in [
        "420jpeg", "420mpeg2", "420paldv", "420", "422", "444", "mono",
    ] {
        for (width, height, frames, batch) in [
            (33, 17, 11, "4"),
            (16, 8, 4, "4"),
            (1, 1, 3, "1"),
            (130, 2, 1, "8"),
        ] {
            let (stream, images) = y4m(width, height, color, frames);
            let piped = pipe(&blur, &stream, &["--batch", batch]);
            let ran = piped.ran.ended(0);
            let begin = format!("{frames} frame{}, ", if frames == 1 { "" } else { "s" });
            let last = ran.stderr.lines().last().unwrap();
            assert!(last.starts_with(&begin), "{ran:#?}");
            let blurred: Vec<_> = images
                .iter()
                .map(|image| reference::gaussian_blur(image, 5, None))
                .collect();
            assert!(
                piped.stdout == expected(&blurred, KEPT),
                "{color} {width}x{height}"
            );
        }
    }
}

#[test]
fn frames_equal_the_same_frames_as_images() {
    let folder = tempfile::tempdir().unwrap();
    let frames = folder.path().join("frames");
    fs::create_dir(&frames).unwrap();
    let (stream, images) = y4m(351, 287, "420jpeg", 10);
    for (number, image) in images.iter().enumerate() {
        save(&frames.join(format!("{number:02}.png")), image);
    }
    let out = folder.path().join("images");
    run(&example("edges.toml"), &[&frames], &out, &[]).ended(0);
    let from_images: Vec<_> = names(&out)
        .iter()
        .map(|name| load(&out.join(name)))
        .collect();
    assert_eq!(from_images[3], edges(&images[3]));

    let piped = pipe(&example("edges.toml"), &stream, &["--quiet"]);
    assert_eq!(piped.ran.ended(0).stderr, "");
    assert!(piped.stdout == expected(&from_images, KEPT));
    // The same from a file to a file.
    let (input, output) = (folder.path().join("in.y4m"), folder.path().join("out.y4m"));
    fs::write(&input, &stream).unwrap();
    let ran = run(
        &example("edges.toml"),
        &[&input],
        &output,
        &["--batch", "3"],
    )
    .ended(0);
    assert!(ran.stdout.starts_with("10 frames, "), "{ran:#?}");
    assert!(fs::read(&output).unwrap() == piped.stdout);
    assert_eq!(
        names(folder.path()),
        ["frames", "images", "in.y4m", "out.y4m"]
    );
}

#[test]
fn several_outputs_go_to_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (stream, images) = y4m(40, 30, "422", 9);
    let input = folder.path().join("named as no video");
    fs::write(&input, &stream).unwrap();
    let out = folder.path().join("new/out");
    run(&example("thumbnails.toml"), &[&input], &out, &[]).ended(0);
    assert_eq!(names(&out), ["icon.y4m", "preview.y4m"]);
    let icons: Vec<_> = images
        .iter()
        .map(|image| reference::resize_nearest(image, 64, 64))
        .collect();
    assert!(fs::read(out.join("icon.y4m")).unwrap() == expected(&icons, KEPT));
    let previews: Vec<_> = images
        .iter()
        .map(|image| reference::resize_bilinear(image, 160, 120))
        .collect();
    assert!(fs::read(out.join("preview.y4m")).unwrap() == expected(&previews, KEPT));
    // A single output goes to a folder, too, where the argument is one.
    run(&example("edges.toml"), &[&input], &out, &[]).ended(0);
    let found: Vec<_> = images.iter().map(edges).collect();
    assert!(fs::read(out.join("edges.y4m")).unwrap() == expected(&found, KEPT));
}

#[test]
fn raw_frames_of_every_format_go_in_and_out() {
    let folder = tempfile::tempdir().unwrap();
    let blur = chain(folder.path(), &["op = \"gaussian_blur\"\nsize = 3"]);
    let (width, height) = (37_usize, 21_usize);
    let chroma = width.div_ceil(2) * height.div_ceil(2);
    for (format, bytes) in [
        ("rgb", 3 * width * height),
        ("bgr24", 3 * width * height),
        ("gray", width * height),
        ("nv12", width * height + 2 * chroma),
        ("i420", width * height + 2 * chroma),
    ] {
        let frames: Vec<_> = (0..7).map(|seed| samples(bytes, seed)).collect();
        let images = frames.iter().map(|frame| {
            let (channels, data) = match format {
                "gray" => (1, frame.clone()),
                "nv12" => (3, yuv::nv12_to_rgb(CODING, width, height, frame)),
                "i420" => (
                    3,
                    yuv::planar_to_rgb(CODING, Subsampling::S420, width, height, frame),
                ),
                _ => (3, frame.clone()),
            };
            let image = Pixels::new(width, height, channels, data);
            if format == "bgr24" {
                reference::bgr_to_rgb(&image)
            } else {
                image
            }
        });
        let blurred: Vec<_> = images
            .map(|image| reference::gaussian_blur(&image, 3, None))
            .collect();
        let raw = format!("{width}x{height}:{format}@25");
        let piped = pipe(&blur, &frames.concat(), &["--raw", &raw, "--batch", "3"]);
        piped.ran.ended(0);
        assert!(piped.stdout == expected(&blurred, " F25:1"), "{format}");

        let out = format.trim_end_matches("24");
        let piped = pipe(&blur, &frames.concat(), &["--raw", &raw, "--out-raw", out]);
        piped.ran.ended(0);
        let back = |image: &Pixels| match out {
            "bgr" => reference::rgb_to_bgr(image).data,
            "nv12" | "i420" => {
                let planar =
                    yuv::rgb_to_planar(CODING, Subsampling::S420, width, height, &image.data);
                let (luma, rest) = planar.split_at(width * height);
                let (u, v) = rest.split_at(chroma);
                let pairs = u.iter().zip(v).flat_map(|(&u, &v)| [u, v]).collect();
                let rest = if out == "nv12" { pairs } else { rest.to_vec() };
                [luma.to_vec(), rest].concat()
            }
            _ => image.data.clone(),
        };
        let wanted: Vec<u8> = blurred.iter().flat_map(back).collect();
        assert!(piped.stdout == wanted, "{format} to {out}");
    }
}

/// A pipeline that computes the difference of two inputs.
fn difference(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("difference.toml");
    let text = "inputs = [\"left\", \"right\"]\n\
        [[node]]\nname = \"difference\"\nop = \"abs_diff\"\nfrom = [\"left\", \"right\"]\n";
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn several_videos_go_frame_by_frame() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = difference(folder.path());
    let (left, left_images) = y4m(21, 9, "420", 10);
    let (right, right_images) = y4m(21, 9, "444", 13);
    let file = folder.path().join("right.y4m");
    let right_input = format!("--input=right={}", file.display());
    let pairs = left_images.iter().zip(&right_images);
    let differences: Vec<_> = pairs
        .map(|(left, right)| reference::abs_diff(left, right))
        .collect();
    let run = || {
        let mut command = command();
        command.arg("run").arg(&pipeline).args([
            "--input=left=-",
            &right_input,
            "--out=-",
            "--batch=4",
        ]);
        feed(&mut command, &left)
    };
    // The right video is longer: all pairs are written before the error.
    fs::write(&file, &right).unwrap();
    let piped = run();
    piped
        .ran
        .ended(1)
        .complained(&["stdin ends after 10 frames", "right.y4m goes on"]);
    assert!(piped.stdout == expected(&differences, KEPT));
    fs::write(&file, y4m(21, 9, "444", 10).0).unwrap();
    let piped = run();
    piped.ran.ended(0);
    assert!(piped.stdout == expected(&differences, KEPT));
    fs::write(&file, y4m(21, 9, "444", 7).0).unwrap();
    let piped = run();
    piped
        .ran
        .ended(1)
        .complained(&["right.y4m ends after 7 frames", "stdin goes on"]);
    assert!(piped.stdout == expected(&differences[..7], KEPT));
    // Shapes that the pipeline does not accept together are refused.
    fs::write(&file, y4m(20, 9, "444", 7).0).unwrap();
    let piped = run();
    piped
        .ran
        .ended(1)
        .complained(&["stdin, ", "right.y4m: ", "difference"]);
    assert!(piped.stdout.is_empty());
}

#[test]
fn several_folders_go_image_by_image() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = difference(folder.path());
    let mut pairs = Vec::new();
    for name in ["left", "right"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    for number in 0..25_usize {
        // Several shapes, so that batches of pairs form.
        let (width, height) = (5 + number % 3, 4);
        let image = |seed| pixels(width, height, 3, seed);
        let (left, right) = (image(number as u64), image(100 + number as u64));
        save(&folder.path().join(format!("left/l{number:02}.png")), &left);
        save(
            &folder.path().join(format!("right/r{number:02}.ppm")),
            &right,
        );
        pairs.push((left, right));
    }
    let out = folder.path().join("out");
    let report = folder.path().join("report.json");
    let inputs = ["left", "right"]
        .map(|name| format!("--input={name}={}", folder.path().join(name).display()));
    let further = [&inputs[0], &inputs[1], "--report", report.to_str().unwrap()];
    run(&pipeline, &[], &out, &further).ended(0);
    for (number, (left, right)) in pairs.iter().enumerate() {
        let result = load(&out.join(format!("l{number:02}.png")));
        assert_eq!(result, reference::abs_diff(left, right), "{number}");
    }
    let report: serde_json::Value = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
    let other = &report["inputs"][3]["with"][0];
    assert_eq!(
        (&other["name"], &other["shape"]["width"]),
        (&"right".into(), &5.into())
    );
    assert!(other["path"].as_str().unwrap().ends_with("r03.ppm"));
    // A pair with one damaged image fails alone, by the name of that image.
    fs::write(folder.path().join("right/r05.ppm"), "P6 5 4 255\n").unwrap();
    run(
        &pipeline,
        &[],
        &folder.path().join("again"),
        &[&inputs[0], &inputs[1]],
    )
    .ended(1)
    .complained(&["l05.png with ", "r05.ppm: "]);
    assert_eq!(names(&folder.path().join("again")).len(), 24);
}

#[test]
fn the_report_counts_frames() {
    let folder = tempfile::tempdir().unwrap();
    let (stream, _) = y4m(40, 30, "420", 9);
    let report = folder.path().join("report.json");
    let further = ["--report", report.to_str().unwrap(), "--batch", "4"];
    let cut = &stream[..stream.len() - 1];
    pipe(&example("edges.toml"), cut, &further).ran.ended(1);
    let report: serde_json::Value = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
    assert_eq!(report["totals"]["images"], 8);
    assert_eq!(report["totals"]["done"], 8);
    assert_eq!(report["totals"]["failed"], 0);
    assert_eq!(report["engines"]["frames"], 8);
    assert_eq!(report["engines"]["batches"], 2);
    let input = &report["inputs"][0];
    assert_eq!(
        (&input["path"], &input["status"]),
        (&"stdin".into(), &"failed".into())
    );
    assert_eq!(input["frames"], 8);
    assert!(
        input["error"]
            .as_str()
            .unwrap()
            .starts_with("stdin: frame 8, byte ")
    );
    assert_eq!(input["outputs"][0]["path"], "stdout");
    assert_eq!(input["outputs"][0]["shape"]["width"], 320);
}

#[test]
fn photographs_as_a_video_equal_their_edges() {
    let photo = load(&project("examples/photos/chelsea.png"));
    let stream = [&photo.data[..], &photo.data].concat();
    let raw = format!("{}x{}:rgb", photo.width, photo.height);
    let piped = pipe(
        &example("edges.toml"),
        &stream,
        &["--raw", &raw, "--out-raw", "gray"],
    );
    piped.ran.ended(0);
    let found = edges(&photo).data;
    assert!(piped.stdout == [&found[..], &found].concat());
}

#[test]
fn several_devices_give_the_same_results_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (stream, images) = y4m(40, 30, "420", 50);
    let expected = expected(&images.iter().map(edges).collect::<Vec<_>>(), KEPT);
    let file = folder.path().join("report.json");
    let report = ["--report", file.to_str().unwrap()];
    let report_of =
        || -> serde_json::Value { serde_json::from_slice(&fs::read(&file).unwrap()).unwrap() };
    let ids = |report: &serde_json::Value| {
        let devices = report["devices"].as_array().unwrap().iter();
        let id = |device: &serde_json::Value| device["id"].as_str().unwrap().to_owned();
        devices.map(id).collect::<Vec<_>>()
    };
    for (devices, count) in [("host", 1), ("host,host", 2), ("host,host,host", 3)] {
        let further = [&report[..], &["--device", devices, "--batch", "3"]].concat();
        let piped = pipe(&example("edges.toml"), &stream, &further);
        piped.ran.ended(0);
        assert!(piped.stdout == expected, "{devices}");
        let report = report_of();
        assert_eq!(ids(&report), vec!["host"; count]);
        assert_eq!(report["settings"]["device"], devices);
        assert_eq!(report["engines"]["frames"], 50);
    }
    let photos = project("examples/photos");
    let mut written = Vec::new();
    for devices in ["host", "host,host"] {
        let out = folder.path().join(devices);
        let further = [&report[..], &["--device", devices, "--batch", "1"]].concat();
        run(&example("edges.toml"), &[&photos], &out, &further).ended(0);
        let files = names(&out);
        written.push(
            files
                .iter()
                .map(|name| fs::read(out.join(name)).unwrap())
                .collect::<Vec<_>>(),
        );
        assert_eq!(ids(&report_of()).len(), devices.split(',').count());
    }
    assert!(written[0] == written[1] && !written[0].is_empty());
}

#[test]
fn gpus_that_are_not_there_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (photos, out) = (project("examples/photos"), folder.path().join("out"));
    for (devices, texts) in [
        ("cuda:all", &["no device cuda:all: ", "--device host"][..]),
        ("host,cuda:1", &["no device host,cuda:1: "]),
        ("cuda:0,cuda", &["cuda:0 is named twice"]),
        ("auto,host", &["one of several"]),
        ("cuda:all,host", &["names no device", "cuda:all"]),
    ] {
        run(
            &example("edges.toml"),
            &[&photos],
            &out,
            &["--device", devices],
        )
        .ended(2)
        .complained(texts);
    }
    assert!(!out.exists());
}

#[test]
fn matrix_and_range_are_those_of_input_and_output() {
    let folder = tempfile::tempdir().unwrap();
    let blur = chain(folder.path(), &["op = \"gaussian_blur\"\nsize = 3"]);
    let (width, height) = (18, 10);
    let frame = samples(width * height * 3 / 2, 5);
    let coding = YuvCoding {
        matrix: YuvMatrix::Bt709,
        range: YuvRange::Full,
    };
    let options = ["--matrix", "bt709", "--range", "full"];
    let rgb = yuv::nv12_to_rgb(coding, width, height, &frame);
    let blurred = reference::gaussian_blur(&Pixels::new(width, height, 3, rgb), 3, None);
    let raw = format!("{width}x{height}:nv12");

    let raw_out = [&options[..], &["--raw", &raw, "--out-raw", "i420"]].concat();
    let piped = pipe(&blur, &frame, &raw_out);
    piped.ran.ended(0);
    let planes = yuv::rgb_to_planar(coding, Subsampling::S420, width, height, &blurred.data);
    assert!(piped.stdout == planes);

    let piped = pipe(&blur, &frame, &[&options[..], &["--raw", &raw]].concat());
    piped.ran.ended(0);
    let mut video = b"YUV4MPEG2 W18 H10 C444 XCOLORRANGE=FULL\nFRAME\n".to_vec();
    let planes = yuv::rgb_to_planar(coding, Subsampling::S444, width, height, &blurred.data);
    video.extend(&planes);
    assert!(piped.stdout == video);

    // And back, from Y4M.
    let rgb = yuv::planar_to_rgb(coding, Subsampling::S444, width, height, &planes);
    let twice = reference::gaussian_blur(&Pixels::new(width, height, 3, rgb), 3, None);
    let piped = pipe(
        &blur,
        &video,
        &[&options[..], &["--out-raw", "rgb"]].concat(),
    );
    piped.ran.ended(0);
    assert!(piped.stdout == twice.data);
}
