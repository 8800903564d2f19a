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
    // Also where stdout is a file: the link of the system stays what it is.
    let is_link = || fs::symlink_metadata("/dev/stdout").unwrap().is_symlink();
    assert!(is_link());
    let file = folder.path().join("stdout");
    fs::write(&file, "before\n").unwrap();
    let mut command = command();
    command
        .arg("run")
        .arg(example("thumbnails.toml"))
        .arg(&image);
    command
        .arg("--out")
        .arg(&out)
        .args(["--quiet", "--report", "/dev/stdout"]);
    let stdout = File::options().append(true).open(&file).unwrap();
    assert!(command.stdout(stdout).status().unwrap().success());
    assert!(is_link());
    let text = fs::read_to_string(&file).unwrap();
    serde_json::from_str::<Value>(text.strip_prefix("before\n").unwrap()).unwrap();
    // A link is kept, and what it leads to becomes the report.
    let (link, report) = (folder.path().join("link"), folder.path().join("r.json"));
    fs::write(&report, "{}").unwrap();
    std::os::unix::fs::symlink(&report, &link).unwrap();
    let further = ["--quiet", "--report", link.to_str().unwrap()];
    run(&example("thumbnails.toml"), &[&image], &out, &further).ended(0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let report: Value = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
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

#[cfg(unix)]
#[test]
fn files_behind_standard_streams_are_not_replaced_either() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let video = "YUV4MPEG2 W4 H2 Cmono\nFRAME\n01234567";
    let blur = chain(path, &["op = \"gaussian_blur\"\nsize = 3"]);
    let (input, output) = (path.join("in.y4m"), path.join("out.y4m"));
    fs::write(&input, video).unwrap();
    let ends = |out: &str, stdout: Option<&Path>, further: &[&str]| {
        let mut command = command();
        command.current_dir(path).arg("run").arg(&blur).arg("-");
        command.args(["--out", out]).args(further);
        command.stdin(File::open(&input).unwrap());
        if let Some(stdout) = stdout {
            let file = File::options().append(true).create(true).open(stdout);
            command.stdout(file.unwrap());
        }
        command.status().unwrap().code()
    };
    assert_eq!(ends("in.y4m", None, &[]), Some(2));
    assert_eq!(ends("out.y4m", None, &["--report", "in.y4m"]), Some(2));
    assert_eq!(ends("-", Some(&input), &[]), Some(2));
    // Nor is the video by its own report.
    assert_eq!(ends("-", Some(&output), &["--report", "out.y4m"]), Some(2));
    let stdout = ["--report", "/dev/stdout"];
    assert_eq!(ends("-", Some(&output), &stdout), Some(2));
    assert_eq!(fs::read_to_string(&input).unwrap(), video);
    assert_eq!(ends("-", Some(&output), &[]), Some(0));
    assert!(
        fs::read(&output)
            .unwrap()
            .starts_with(b"YUV4MPEG2 W4 H2 Cmono\n")
    );
}

#[cfg(unix)]
#[test]
fn one_stream_is_no_video_of_two_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let made = std::process::Command::new("mkfifo")
        .arg(path.join("pipe"))
        .status();
    assert!(made.unwrap().success());
    let ran = difference(path, "pipe", "./pipe", "out.y4m", &[]).ended(2);
    ran.complained(&["are one stream, given to two inputs"]);
}

#[test]
fn a_report_replaces_no_file_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let (image, other) = (folder.path().join("a.png"), folder.path().join("b.png"));
    save(&image, &pixels(5, 4, 3, 1));
    fs::copy(&image, &other).unwrap();
    let out = folder.path().join("out");
    for report in [other.to_str().unwrap(), "-"] {
        let further = ["--report", report];
        let ran = run(&example("thumbnails.toml"), &[&image], &out, &further).ended(2);
        ran.complained(&["cannot write report ", "help: "]);
    }
    assert_eq!(fs::read(&other).unwrap(), fs::read(&image).unwrap());
}

/// A chunk of a PNG file.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = !0_u32;
    for &byte in kind.iter().chain(data) {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let length = (data.len() as u32).to_be_bytes();
    [&length, &kind[..], data, &(!crc).to_be_bytes()].concat()
}

/// Peak memory of the children of this process so far, in MiB.
#[cfg(target_os = "linux")]
fn peak_mib(command: &mut std::process::Command) -> u64 {
    // The peak is that of the whole life of a process, and told by the system when it is gone.
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("peak "));
    line.unwrap_or_else(|| panic!("{text}"))
        .parse::<u64>()
        .unwrap()
        / 1024
}

#[cfg(target_os = "linux")]
#[test]
fn what_decoders_keep_before_pixels_is_bounded_for_all_threads_together() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    // A profile of 200 MB of zeros in 200 KB.
    let mut profile = b"name\0\0".to_vec();
    profile.extend(zeros(200 << 20));
    save(&inputs.join("a.png"), &pixels(8, 8, 3, 1));
    let plain = fs::read(inputs.join("a.png")).unwrap();
    // After the header's chunk.
    let bomb = [&plain[..33], &chunk(b"iCCP", &profile), &plain[33..]].concat();
    for number in 0..24 {
        fs::write(inputs.join(format!("{number}.png")), &bomb).unwrap();
    }
    let mut command = std::process::Command::new("sh");
    let script = "\"$0\" \"$@\" >/dev/null 2>&1 & p=$!; m=0; \
        while s=$(grep VmHWM /proc/$p/status 2>/dev/null); do m=${s#*:}; done; echo peak ${m%kB} >&2";
    command.args(["-c", script, env!("CARGO_BIN_EXE_pixelflume"), "run"]);
    command
        .arg(example("edges.toml"))
        .arg(&inputs)
        .arg("--out")
        .arg(folder.path().join("o"));
    command.args(["--threads", "24", "--host-memory", "256MiB"]);
    command.env("PIXELFLUME_CUDA_DRIVER", "none");
    let peak = peak_mib(&mut command);
    assert!(peak < 256, "{peak} MiB");
}

/// So many zeros as a stream of zlib (RFC 1950), in blocks of one code for the longest run (RFC 1951, 3.2.6).
#[cfg(target_os = "linux")]
fn zeros(count: usize) -> Vec<u8> {
    let (mut bytes, mut bits, mut filled) = (vec![0x78, 0x9c], 0_u64, 0);
    let mut push = |value: u64, count: u32, bytes: &mut Vec<u8>| {
        bits |= value << filled;
        filled += count;
        while filled >= 8 {
            bytes.push(bits as u8);
            bits >>= 8;
            filled -= 8;
        }
    };
    // The last block, of fixed codes: a literal zero, then runs of 258 at a distance of 1.
    push(0b011, 3, &mut bytes);
    push(0b0000_1100, 8, &mut bytes);
    let runs = count / 258;
    for _ in 0..runs {
        push(0b1010_0011, 8, &mut bytes);
        push(0, 5, &mut bytes);
    }
    push(0, 7, &mut bytes);
    push(0, 7, &mut bytes);
    let (mut a, mut b) = (1_u64, 0_u64);
    for _ in 0..=runs * 258 {
        b = (b + a) % 65_521;
        a %= 65_521;
    }
    bytes.extend((((b << 16) | a) as u32).to_be_bytes());
    bytes
}

#[cfg(target_os = "linux")]
#[test]
fn with_little_memory_large_images_are_refused_and_the_others_done() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    fs::write(inputs.join("large.pgm"), b"P5 13000 13000 255\n0").unwrap();
    let good = pixels(40, 30, 3, 1);
    save(&inputs.join("good.png"), &good);
    let out = folder.path().join("out");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -v 700000; exec \"$0\" \"$@\""]);
    command.arg(env!("CARGO_BIN_EXE_pixelflume"));
    command
        .arg("run")
        .arg(example("edges.toml"))
        .arg(&inputs)
        .arg("--out")
        .arg(&out);
    let ran = finish(command.env("PIXELFLUME_CUDA_DRIVER", "none")).ended(1);
    ran.complained(&["large.pgm: ", "--host-memory"]);
    assert_eq!(load(&out.join("good.png")), edges(&good));
}
