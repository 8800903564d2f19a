//! Videos that break off, are damaged, or cannot be written: the frames before the error are written, and the message gives its
//! place.

mod common;

use common::{Piped, chain, command, example, feed, names, pipe, pixels, run, save};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;

const HEADER: &str = "YUV4MPEG2 W4 H2 F25:1 Cmono\n";
const LINE: usize = "FRAME\n".len();

/// Gray frames of 4x2 pixels; all pixels of frame n have the value n.
fn stream(frames: u8) -> Vec<u8> {
    let mut stream = HEADER.as_bytes().to_vec();
    for value in 0..frames {
        stream.extend(b"FRAME\n");
        stream.extend([value; 8]);
    }
    stream
}

/// A pipeline that leaves frames of a single value unchanged.
fn same(folder: &Path) -> std::path::PathBuf {
    chain(folder, &["op = \"gaussian_blur\"\nsize = 3"])
}

/// The expected output for a number of frames.
fn out(frames: u8) -> Vec<u8> {
    stream(frames)
}

#[test]
fn every_cut_gives_the_whole_frames_and_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = same(folder.path());
    let whole = stream(5);
    let frame = LINE + 8;
    // Truncated at each byte of the third and last frame.
    let begin = HEADER.len() + 2 * frame;
    let last = HEADER.len() + 4 * frame;
    for cut in (begin..=begin + frame).chain([last + 1, last + LINE, whole.len() - 1]) {
        let Piped { stdout, ran } = pipe(&pipeline, &whole[..cut], &["--batch", "2"]);
        let frames = (cut - HEADER.len()) / frame;
        assert_eq!(stdout, out(frames as u8), "{cut}");
        if (cut - HEADER.len()).is_multiple_of(frame) {
            ran.ended(0);
        } else {
            let place = format!("error: stdin: frame {frames}, byte {cut}: ");
            ran.ended(1).complained(&[&place]);
        }
    }
    for cut in [0, 1, 9, 20, HEADER.len() - 1] {
        let Piped { stdout, ran } = pipe(&pipeline, &whole[..cut], &[]);
        assert!(stdout.is_empty());
        ran.ended(1)
            .complained(&[&format!("error: stdin: byte {cut}: the stream ")]);
    }
}

#[test]
fn an_empty_video_has_no_frames_and_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = same(folder.path());
    let Piped { stdout, ran } = pipe(&pipeline, HEADER.as_bytes(), &[]);
    assert!(ran.ended(0).stderr.starts_with("0 frames, "));
    assert_eq!(stdout, HEADER.as_bytes());
    pipe(&pipeline, b"", &["--raw", "4x2:gray"]).ran.ended(0);
}

#[test]
fn damage_between_frames_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = same(folder.path());
    let mut damaged = stream(5);
    let place = HEADER.len() + 3 * (LINE + 8);
    damaged[place] = b'G';
    let Piped { stdout, ran } = pipe(&pipeline, &damaged, &[]);
    let text =
        format!("stdin: frame 3, byte {place}: a frame begins with FRAME, this with \"GRAME\"");
    ran.ended(1).complained(&[&text]);
    assert_eq!(stdout, out(3));
}

#[test]
fn a_file_keeps_the_frames_before_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = same(folder.path());
    let (input, output) = (folder.path().join("in.y4m"), folder.path().join("out.y4m"));
    let whole = stream(20);
    fs::write(&input, &whole[..whole.len() - 3]).unwrap();
    run(&pipeline, &[&input], &output, &[])
        .ended(1)
        .complained(&["in.y4m: frame 19, byte ", "a frame of 8 bytes ends after 5"]);
    assert_eq!(fs::read(&output).unwrap(), out(19));
    // When the header cannot be read, nothing is created.
    fs::write(&input, "YUV4MPEG2 W4").unwrap();
    fs::remove_file(&output).unwrap();
    run(&pipeline, &[&input], &output, &[]).ended(1);
    assert_eq!(names(folder.path()), ["chain.toml", "in.y4m"]);
}

#[test]
fn headers_that_cannot_be_read_say_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = same(folder.path());
    for (header, text) in [
        ("YUV4MPEG2 W4 H2 C420p10\n", "pix_fmt yuv420p"),
        ("YUV4MPEG2 W4 H2 C411\n", "4:2:0, 4:2:2 or 4:4:4"),
        ("YUV4MPEG2 W4\n", "height (H)"),
        ("YUV4MPEG2 W99999 H99999\n", "--max-pixels"),
        ("\u{7f}ELF", "-f yuv4mpegpipe"),
    ] {
        let Piped { stdout, ran } = pipe(&pipeline, header.as_bytes(), &[]);
        assert!(stdout.is_empty());
        ran.ended(1).complained(&["error: stdin: byte ", text]);
    }
    let Piped { ran, .. } = pipe(&pipeline, &stream(1), &["--max-pixels", "7"]);
    ran.ended(1).complained(&["4x2 is more than 7 pixels"]);
    pipe(&pipeline, &stream(1), &["--max-pixels", "8"])
        .ran
        .ended(0);
    let text = "1000x1000 is more than 999999 pixels";
    let further = ["--raw", "1000x1000:rgb", "--max-pixels", "999999"];
    pipe(&pipeline, b"", &further)
        .ran
        .ended(1)
        .complained(&[text]);
}

#[test]
fn images_are_bounded_in_pixels_too() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = same(folder.path());
    let image = folder.path().join("a.png");
    save(&image, &pixels(20, 10, 3, 1));
    let out = folder.path().join("out");
    run(&pipeline, &[&image], &out, &["--max-pixels", "199"])
        .ended(1)
        .complained(&["a.png: ", "20x10 is more than 199 pixels", "--max-pixels"]);
    run(&pipeline, &[&image], &out, &["--max-pixels", "200"]).ended(0);
}

#[test]
fn full_range_is_warned_about() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = same(folder.path());
    for (header, warned) in [
        ("YUV4MPEG2 W1 H1 C444 XCOLORRANGE=FULL\nFRAME\nabc", true),
        (
            "YUV4MPEG2 W1 H1 C444 XCOLORRANGE=LIMITED\nFRAME\nabc",
            false,
        ),
        ("YUV4MPEG2 W1 H1 Cmono XCOLORRANGE=FULL\nFRAME\na", false),
    ] {
        let ran = pipe(&pipeline, header.as_bytes(), &[]).ran.ended(0);
        assert_eq!(
            ran.stderr.starts_with("warning: stdin: "),
            warned,
            "{ran:#?}"
        );
        // Who names the range knows it.
        for range in ["full", "limited"] {
            let given = pipe(&pipeline, header.as_bytes(), &["--range", range]);
            let ran = given.ran.ended(0);
            assert!(!ran.stderr.contains("warning"), "{ran:#?}");
        }
    }
}

#[test]
fn frames_that_the_pipeline_cannot_take_are_refused_by_name() {
    let Piped { stdout, ran } = pipe(&example("edges.toml"), &stream(2), &[]);
    ran.ended(1).complained(&["error: stdin: ", "\"gray\""]);
    assert!(stdout.is_empty());
}

#[test]
fn a_pipe_that_is_closed_is_an_error_without_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = same(folder.path());
    let mut command = command();
    command.arg("run").arg(&pipeline).args(["-", "--out", "-"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let feeder = std::thread::spawn(move || {
        use std::io::Write;
        let mut frame = b"YUV4MPEG2 W640 H480 Cmono\n".to_vec();
        loop {
            frame.extend(b"FRAME\n");
            frame.resize(frame.len() + 640 * 480, 7);
            if stdin.write_all(&frame).is_err() {
                return;
            }
            frame.clear();
        }
    });
    let mut some = vec![0; 1_000_000];
    stdout.read_exact(&mut some).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with("error: stdout was closed by the program that reads it, after "),
        "{stderr}"
    );
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = same(folder.path());
    let mut command = command();
    command
        .arg("run")
        .arg(&pipeline)
        .args(["-", "--out", "/dev/full"]);
    let Piped { ran, .. } = feed(&mut command, &stream(3));
    ran.ended(1)
        .complained(&["error: cannot write /dev/full after 0 frames: "]);
}

#[test]
fn what_cannot_be_a_video_is_refused_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let signed = chain(path, &["op = \"sobel\"\noutput = \"dx\""]);
    let missing = path.join("missing.y4m");
    let output = path.join("out.y4m");
    // The input does not exist: the output is refused first.
    run(&signed, &[&missing], &output, &[])
        .ended(2)
        .complained(&["output n0: ", "i16", ".npy"]);
    let rgba = chain(path, &["op = \"color\"\nconversion = \"rgb_to_rgba\""]);
    run(&rgba, &[&missing], &output, &[])
        .ended(2)
        .complained(&["4 channels", "rgba_to_rgb"]);
    let edges = example("edges.toml");
    run(&edges, &[&missing], &output, &["--out-raw", "nv12"])
        .ended(2)
        .complained(&["--out-raw gray"]);
    run(&edges, &[&missing], &output, &[])
        .ended(2)
        .complained(&["cannot read input ", "missing.y4m"]);
    run(&edges, &[&missing], &path.join("no/out.y4m"), &[]).ended(2);
    let Piped { stdout, ran } = pipe(&example("thumbnails.toml"), b"", &[]);
    ran.ended(2)
        .complained(&["preview, icon", "stdout takes one video"]);
    assert!(stdout.is_empty());
    assert_eq!(names(path), ["chain.toml"]);
}

#[test]
fn videos_and_images_are_not_mixed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let pipeline = same(path);
    let image = path.join("a.png");
    save(&image, &pixels(4, 4, 3, 1));
    let video = path.join("a.y4m");
    fs::write(&video, stream(1)).unwrap();
    let out = path.join("out");
    let refused = |inputs: &[&Path], out: &Path, further: &[&str], text: &str| {
        run(&pipeline, inputs, out, further)
            .ended(2)
            .complained(&[text]);
    };
    refused(&[&video, &image], &out, &[], "a.png is no video");
    refused(&[&video, &video], &out, &[], "has 2 videos");
    refused(&[&image], Path::new("-"), &[], "--out - writes a video");
    refused(
        &[&image],
        &out,
        &["--out-raw", "rgb"],
        "--out-raw is for videos",
    );
    for given in [["--matrix", "bt709"], ["--range", "full"]] {
        refused(
            &[&image],
            &out,
            &given,
            &format!("{} is for videos", given[0]),
        );
    }
    refused(
        &[&video],
        &out,
        &["--matrix", "bt470"],
        "bt601, bt709, bt2020",
    );
    refused(&[path], &out, &["--raw", "1x1:rgb"], "is a folder");
    refused(
        &[&image],
        &out,
        &["--raw", "1x1:png"],
        "formats are rgb, bgr, gray, nv12 and i420",
    );
    refused(&[&video], &video, &[], "a.y4m, which this run reads");
    assert_eq!(fs::read(&video).unwrap(), stream(1));
    assert_eq!(names(path), ["a.png", "a.y4m", "chain.toml"]);
}
