//! A run does not replace files that it reads, nor its own results, nor files of another kind.

mod common;

use common::{chain, command, example, finish, load, names, pixels, run, save};
use serde_json::Value;
use std::fs::{self, File};
use std::path::Path;

/// A pipeline of two inputs.
const DIFFERENCE: &str = "name = \"difference\"\ninputs = [\"left\", \"right\"]\n\
    [[node]]\nname = \"d\"\nop = \"abs_diff\"\nfrom = [\"left\", \"right\"]\n";

/// Runs `pixelflume run DIFFERENCE --input left=.. --input right=.. --out .. FURTHER` in this folder.
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

/// Two folders of images; half of the names are in both.
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
        // The results would replace inputs of another folder through links.
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
    // In another folder all results are accepted.
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
    // The result of an earlier run is replaced.
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
    // Also where stdout is a file: the system's link stays unchanged.
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
    // A link is kept, and the file that it leads to becomes the report.
    let (link, report) = (folder.path().join("link"), folder.path().join("r.json"));
    fs::write(&report, "{}").unwrap();
    std::os::unix::fs::symlink(&report, &link).unwrap();
    let further = ["--quiet", "--report", link.to_str().unwrap()];
    run(&example("thumbnails.toml"), &[&image], &out, &further).ended(0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let report: Value = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
    assert_eq!(report["totals"]["done"], 1);
}

#[cfg(unix)]
#[test]
fn a_result_goes_where_a_link_leads_and_keeps_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (image, out) = (folder.path().join("a.png"), folder.path().join("out"));
    let earlier = folder.path().join("earlier.png");
    save(&image, &pixels(5, 4, 3, 1));
    let link = out.join("preview").join("a.png");
    fs::create_dir_all(out.join("preview")).unwrap();
    fs::write(&earlier, "earlier").unwrap();
    fs::set_permissions(&earlier, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&earlier, &link).unwrap();
    run(&example("thumbnails.toml"), &[&image], &out, &["--quiet"]).ended(0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read(&earlier).unwrap().starts_with(b"\x89PNG"));
    let mode = fs::metadata(&earlier).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
    // A link that leads nowhere is refused.
    fs::remove_file(&earlier).unwrap();
    let ran = run(&example("thumbnails.toml"), &[&image], &out, &["--quiet"]);
    ran.complained(&["a.png", "does not exist"]);
    assert!(!earlier.exists());
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
    // The report does not replace the video either.
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
