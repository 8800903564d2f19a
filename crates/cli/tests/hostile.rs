//! Inputs that are made to harm: each is refused with a reason, nothing is lost, and the others are done.

mod common;

use common::{chain, command, edges, example, finish, load, names, pixels, run, save};
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// A pipeline of two inputs.
const DIFFERENCE: &str = "name = \"difference\"\ninputs = [\"left\", \"right\"]\n\
    [[node]]\nname = \"d\"\nop = \"abs_diff\"\nfrom = [\"left\", \"right\"]\n";

/// `pixelflume run DIFFERENCE --input left=.. --input right=.. --out .. FURTHER` in this folder.
fn difference(folder: &Path, left: &str, right: &str, out: &str, further: &[&str]) -> common::Ran {
    fs::write(folder.join("d.toml"), DIFFERENCE).unwrap();
    let mut command = command();
    command.current_dir(folder).args(["run", "d.toml"]);
    command.args(["--input", &format!("left={left}")]);
    command.args(["--input", &format!("right={right}")]);
    finish(command.args(["--out", out]).args(further))
}

/// The files of a folder with their bytes.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let read = |name: String| {
        let bytes = fs::read(folder.join(&name)).unwrap();
        (name, bytes)
    };
    names(folder).into_iter().map(read).collect()
}

/// Two folders of images, half of whose names are in both.
fn pairs(folder: &Path) {
    for (side, first) in [("l", 0), ("r", 5)] {
        fs::create_dir(folder.join(side)).unwrap();
        for number in 0..10 {
            let name = format!("{side}/i{:02}.png", first + number);
            save(&folder.join(name), &pixels(12, 9, 1, first + number));
        }
    }
}

#[test]
fn results_replace_no_input_of_any_set() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    pairs(path);
    let before = [contents(&path.join("l")), contents(&path.join("r"))];
    for out in ["r", "l", "./l/../r", "r/"] {
        let ran = difference(path, "l", "r", out, &[]).ended(2);
        ran.complained(&["which this run reads", "--out"]);
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("r", path.join("link")).unwrap();
        difference(path, "l", "r", "link", &[]).ended(2);
        // Files of another folder that are inputs by another name.
        for (out, hard) in [("soft", false), ("hard", true)] {
            fs::create_dir(path.join(out)).unwrap();
            let (input, result) = (path.join("r/i09.png"), path.join(out).join("i03.png"));
            match hard {
                true => fs::hard_link(input, result).unwrap(),
                false => std::os::unix::fs::symlink(input, result).unwrap(),
            }
            difference(path, "l", "r", out, &[]).ended(2);
        }
    }
    assert_eq!(
        [contents(&path.join("l")), contents(&path.join("r"))],
        before
    );
    // Elsewhere all of them are right.
    difference(path, "l", "r", "new", &[]).ended(0);
    assert_eq!(names(&path.join("new")).len(), 10);
    for number in 0..10_u64 {
        let name = format!("i{number:02}.png");
        let right = format!("i{:02}.png", number + 5);
        let (left, right) = (
            load(&path.join("l").join(&name)),
            load(&path.join("r").join(right)),
        );
        let result = load(&path.join("new").join(name));
        let samples = left.data.iter().zip(&right.data);
        let expected: Vec<u8> = samples.map(|(&a, &b)| a.abs_diff(b)).collect();
        assert_eq!(result.data, expected);
    }
}

#[test]
fn an_array_replaces_no_input_that_is_called_so() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("a.npy");
    save(&folder.path().join("a.png"), &pixels(5, 4, 1, 1));
    fs::rename(folder.path().join("a.png"), &input).unwrap();
    let before = fs::read(&input).unwrap();
    let pipeline = chain(folder.path(), &["op = \"sobel\"\noutput = \"dx\""]);
    run(&pipeline, &[&input], folder.path(), &[])
        .ended(2)
        .complained(&["a.npy"]);
    assert_eq!(fs::read(&input).unwrap(), before);
}

#[test]
fn a_report_replaces_nothing_of_its_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    pairs(path);
    fs::write(path.join("d.toml"), DIFFERENCE).unwrap();
    let before = [contents(&path.join("l")), contents(&path.join("r"))];
    let results = [
        "out/i00.png",
        "out/i00.npy",
        "out/../out/i09.png",
        "./out/i01.png",
    ];
    let read = ["l/i00.png", "r/i14.png", "r/../d.toml", "d.toml"];
    for report in results.into_iter().chain(read) {
        let ran = difference(path, "l", "r", "out", &["--report", report]).ended(2);
        ran.complained(&["the report", "--report"]);
        assert!(!path.join("out").exists(), "{report}");
    }
    assert_eq!(fs::read_to_string(path.join("d.toml")).unwrap(), DIFFERENCE);
    assert_eq!(
        [contents(&path.join("l")), contents(&path.join("r"))],
        before
    );
    // One of an earlier run is replaced.
    for _ in 0..2 {
        difference(path, "l", "r", "out", &["--report", "report.json"]).ended(0);
    }
    let report: Value =
        serde_json::from_slice(&fs::read(path.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["totals"]["done"], 10);
}

#[cfg(unix)]
#[test]
fn a_report_goes_into_a_device_or_pipe_and_does_not_replace_it() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("a.png");
    save(&image, &pixels(5, 4, 3, 1));
    let out = folder.path().join("out");
    let ran = run(
        &example("thumbnails.toml"),
        &[&image],
        &out,
        &["--quiet", "--report", "/dev/stdout"],
    );
    let report: Value = serde_json::from_str(&ran.ended(0).stdout).unwrap();
    assert_eq!(report["totals"]["done"], 1);
}

#[test]
fn a_video_replaces_no_input_and_does_not_feed_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let video = "YUV4MPEG2 W4 H2 Cmono\nFRAME\n01234567";
    for name in ["l.y4m", "r.y4m"] {
        fs::write(path.join(name), video).unwrap();
    }
    for out in ["l.y4m", "r.y4m", "./r.y4m"] {
        difference(path, "l.y4m", "r.y4m", out, &[]).ended(2);
    }
    for report in ["l.y4m", "out.y4m", "d.toml"] {
        let further = ["--report", report];
        difference(path, "l.y4m", "r.y4m", "out.y4m", &further).ended(2);
        assert!(!path.join("out.y4m").exists());
    }
    #[cfg(unix)]
    {
        let both = File::options()
            .append(true)
            .open(path.join("l.y4m"))
            .unwrap();
        let mut command = command();
        command
            .current_dir(path)
            .args(["run"])
            .arg(example("edges.toml"));
        let status = command.args(["l.y4m", "--out", "-"]).stdout(both).status();
        assert_eq!(status.unwrap().code(), Some(2));
    }
    assert_eq!(fs::read_to_string(path.join("l.y4m")).unwrap(), video);
    assert_eq!(fs::read_to_string(path.join("r.y4m")).unwrap(), video);
}

/// Everything but regular files in a folder of images is told by name, and nothing waits for it.
#[cfg(unix)]
#[test]
fn pipes_and_devices_in_a_folder_of_images_are_told_and_the_others_done() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    let good = pixels(40, 30, 3, 1);
    save(&inputs.join("good.png"), &good);
    let made = std::process::Command::new("mkfifo")
        .arg(inputs.join("pipe.png"))
        .status();
    assert!(made.unwrap().success());
    for (link, to) in [("zero.jpg", "/dev/zero"), ("null.png", "/dev/null")] {
        std::os::unix::fs::symlink(to, inputs.join(link)).unwrap();
    }
    let out = folder.path().join("out");
    let ran = run(&example("edges.toml"), &[&inputs], &out, &[]).ended(1);
    ran.complained(&[
        "pipe.png: it is a named pipe",
        "zero.jpg: it is a device",
        "null.png: it is a device",
    ]);
    assert_eq!(names(&out), ["good.png"]);
    assert_eq!(load(&out.join("good.png")), edges(&good));
}

/// A file that begins like this, and has nothing but zeros up to 8 GB.
fn sparse(path: &Path, begin: &[u8]) {
    let mut file = File::create(path).unwrap();
    file.write_all(begin).unwrap();
    file.set_len(8 << 30).unwrap();
}

/// Runs with 4 GB of addresses.
#[cfg(target_os = "linux")]
fn bounded(pipeline: &Path, input: &Path, out: &Path, further: &[&str]) -> common::Ran {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -v 4000000; exec \"$0\" \"$@\""]);
    command.arg(env!("CARGO_BIN_EXE_pixelflume"));
    command
        .arg("run")
        .arg(pipeline)
        .arg(input)
        .arg("--out")
        .arg(out);
    command.args(further).args(["--threads", "2"]);
    finish(command.env("PIXELFLUME_CUDA_DRIVER", "none"))
}

#[cfg(target_os = "linux")]
#[test]
fn long_files_are_read_no_further_than_their_image() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    let jpeg = inputs.join("a.jpg");
    save(&jpeg, &pixels(16, 8, 3, 1));
    let whole = fs::read(&jpeg).unwrap();
    let out = folder.path().join("out");
    let pipeline = example("edges.toml");
    // What follows the image does not matter.
    sparse(&jpeg, &whole);
    bounded(&pipeline, &inputs, &out, &[]).ended(0);
    // An image without end, headers without end, and one that is larger than it may be.
    sparse(&jpeg, &whole[..whole.len() - 2]);
    sparse(&inputs.join("b.jpg"), b"\xff\xd8\xff\xe0\0\x10JFIF");
    sparse(&inputs.join("c.pam"), b"P7\nWIDTH ");
    sparse(&inputs.join("d.pgm"), b"P5 # ");
    sparse(&inputs.join("e.png"), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    sparse(&inputs.join("f.bmp"), b"BM");
    let ran = bounded(&pipeline, &inputs, &out, &["--max-pixels", "1000"]).ended(1);
    let lines = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("error: "));
    assert_eq!(lines.count(), 6, "{ran:#?}");
    ran.complained(&[
        "a.jpg: ",
        "b.jpg: ",
        "c.pam: its header is longer than",
        "d.pgm: ",
    ]);
}

#[cfg(target_os = "linux")]
#[test]
fn what_takes_too_much_memory_is_refused_and_the_option_named() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    let image = pixels(600, 400, 3, 1);
    save(&inputs.join("a.png"), &image);
    save(&inputs.join("b.png"), &pixels(40, 30, 3, 2));
    let out = folder.path().join("out");
    let blur = chain(folder.path(), &["op = \"gaussian_blur\"\nsize = 3"]);
    // To read it; the other one is done.
    let ran = run(&blur, &[&inputs], &out, &["--host-memory", "1MiB"]).ended(1);
    ran.complained(&["a.png: ", "--host-memory"]);
    assert_eq!(names(&out), ["b.png"]);
    // For its results.
    let size = 1 << 16;
    let node = format!("op = \"resize\"\nwidth = {size}\nheight = {size}");
    let large = chain(folder.path(), &[&node]);
    let ran = bounded(&large, &inputs, &out, &[]).ended(1);
    ran.complained(&[
        "a.png: writing the results of 600x400x3 u8 takes",
        "--host-memory",
    ]);
    // For what lies between.
    let between = [&node, "op = \"resize\"\nwidth = 8\nheight = 8"];
    let between = chain(folder.path(), &between);
    let ran = bounded(&between, &inputs, &out, &["--no-fusion"]).ended(1);
    ran.complained(&["a.png: ", "--host-memory"]);
}

#[test]
fn as_many_images_as_fit_are_on_their_way() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    // Each takes more than half of what images may, with many decoders at work, in batches that never fill.
    let image = pixels(300, 200, 3, 1);
    for number in 0..12 {
        save(&inputs.join(format!("{number}.png")), &image);
    }
    for number in 0..4 {
        save(
            &inputs.join(format!("s{number}.png")),
            &pixels(9, 8 + number, 3, 1),
        );
    }
    let out = folder.path().join("out");
    let further = ["--host-memory", "3MiB", "--threads", "7", "--batch", "64"];
    run(&example("edges.toml"), &[&inputs], &out, &further).ended(0);
    assert_eq!(names(&out).len(), 16);
    assert_eq!(load(&out.join("11.png")), edges(&image));
}

#[test]
fn a_video_of_a_header_alone_has_no_engine() {
    let folder = tempfile::tempdir().unwrap();
    let video = folder.path().join("a.y4m");
    let (out, file) = (folder.path().join("o.y4m"), folder.path().join("r.json"));
    let blur = chain(folder.path(), &["op = \"gaussian_blur\"\nsize = 3"]);
    let further = ["--report", file.to_str().unwrap()];
    let header = "YUV4MPEG2 W13000 H13000 C444\n";
    for (content, status) in [
        (header.to_owned(), 0),
        (format!("{header}FRAME\nnot all of it"), 1),
    ] {
        fs::write(&video, content).unwrap();
        run(&blur, &[&video], &out, &further).ended(status);
        let report: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(report["engines"]["made"], 0);
        assert!(fs::read(&out).unwrap().ends_with(b" C444\n"));
    }
    let further = ["--host-memory", "64MiB"];
    let ran = run(&blur, &[&video], &out, &further).ended(1);
    ran.complained(&["reading and writing a frame takes", "--host-memory"]);
}

#[test]
fn interlaced_chroma_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let video = folder.path().join("a.y4m");
    let blur = chain(folder.path(), &["op = \"gaussian_blur\"\nsize = 3"]);
    for (header, told) in [
        ("It", true),
        ("Im", true),
        ("Ip", false),
        ("It C444", false),
    ] {
        fs::write(&video, format!("YUV4MPEG2 W4 H2 {header}\n")).unwrap();
        let ran = run(&blur, &[&video], &folder.path().join("o.y4m"), &[]).ended(0);
        assert_eq!(ran.stderr.contains("interlaced"), told, "{header} {ran:#?}");
    }
}
