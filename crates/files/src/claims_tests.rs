//! Tests with links and spellings that lead to one file.

use super::*;

/// Claims of a run that reads `in/a.png` and `p.toml` in this folder.
fn claims(folder: &Path) -> Claims {
    fs::create_dir(folder.join("in")).unwrap();
    for name in ["in/a.png", "p.toml", "other.png"] {
        fs::write(folder.join(name), name).unwrap();
    }
    let (image, pipeline) = (folder.join("in/a.png"), folder.join("p.toml"));
    Claims::reading([&*image, &*pipeline])
}

#[test]
fn files_that_are_read_are_not_written_whatever_their_spelling() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let mut claims = claims(path);
    for spelling in ["in/a.png", "in/../in/a.png", "in/./a.png", "p.toml"] {
        let refused = claims.write("the report", &path.join(spelling));
        let text = refused.unwrap_err().to_string();
        assert!(text.contains("which this run reads"), "{text}");
    }
    claims.write("the report", &path.join("other.png")).unwrap();
    claims.write("the trace", &path.join("new.png")).unwrap();
}

#[cfg(unix)]
#[test]
fn files_that_are_read_are_not_written_whatever_links_lead_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let mut claims = claims(path);
    std::os::unix::fs::symlink("in", path.join("folder")).unwrap();
    std::os::unix::fs::symlink("in/a.png", path.join("soft.png")).unwrap();
    fs::hard_link(path.join("in/a.png"), path.join("hard.png")).unwrap();
    for link in ["folder/a.png", "soft.png", "hard.png"] {
        assert!(claims.write("it", &path.join(link)).is_err(), "{link}");
        assert!(claims.read_at(&path.join(link)).is_some(), "{link}");
    }
    assert_eq!(claims.read_at(&path.join("other.png")), None);
    // Two links to one file are one place.
    for (link, is_free) in [("one", true), ("two", false)] {
        std::os::unix::fs::symlink("other.png", path.join(link)).unwrap();
        let claimed = claims.write("it", &path.join(link));
        assert_eq!(claimed.is_ok(), is_free, "{link}");
    }
    // A device is written to and not replaced.
    let mut devices = Claims::reading([Path::new("/dev/null")]);
    devices.write("it", Path::new("/dev/null")).unwrap();
}

#[test]
fn two_files_of_a_run_do_not_share_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let mut claims = claims(path);
    claims.write("the result", &path.join("out/a.png")).unwrap();
    for spelling in ["out/a.png", "./out/b/../a.png", "in/../out/a.png"] {
        let refused = claims.write("the report", &path.join(spelling));
        let text = refused.unwrap_err().to_string();
        let expected = "the report and the result would both be ";
        assert!(text.starts_with(expected), "{text}");
    }
    claims.write("the report", &path.join("out/b.png")).unwrap();
}

#[cfg(unix)]
#[test]
fn folders_are_known_through_links_before_they_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = fs::canonicalize(folder.path()).unwrap();
    fs::create_dir_all(path.join("real/deep")).unwrap();
    std::os::unix::fs::symlink(path.join("real/deep"), path.join("link")).unwrap();
    // The parent of the folder that a link leads to, as the system resolves it.
    assert_eq!(place_of(&path.join("link/../new")), path.join("real/new"));
    assert_eq!(
        place_of(&path.join("link/new/../x")),
        path.join("real/deep/x")
    );
    assert_eq!(place_of(&path.join("none/../x")), path.join("x"));
}
