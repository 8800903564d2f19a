//! Opens the files of reports and traces before a run.

use crate::failure::Failure;
use pixelflume::codec::open_regular;
use pixelflume::files::target::{OpenTarget, is_standard_stream};
use std::io::Read;
use std::path::Path;

/// Opens the file of the option `--WHAT` under a temporary name, so that a path that cannot be written is refused before the
/// run. A pipe or a device is opened directly.
pub(crate) fn prepare_file(what: &str, path: Option<&Path>) -> Result<Option<OpenTarget>, Failure> {
    let Some(path) = path else {
        return Ok(None);
    };
    let help = format!("--{what} takes the path of a new file, or of an earlier {what}");
    let refused = |reason: String| {
        Failure::new(format!("cannot write {what} {}: {reason}", path.display())).help(&help)
    };
    if path == Path::new("-") {
        return Err(refused("- is no file; /dev/stdout is one".to_owned()));
    }
    if !is_standard_stream(path) && !may_be_json(path) {
        return Err(refused(format!(
            "the existing file is not a {what}, and would be lost"
        )));
    }
    let opened = OpenTarget::create(path).map_err(|error| refused(error.to_string()))?;
    Ok(Some(opened))
}

/// Whether a path may be replaced by JSON: its content begins like JSON, it is empty, it is no regular file, or it does not
/// exist.
fn may_be_json(path: &Path) -> bool {
    let mut begin = Vec::new();
    let read = open_regular(path).and_then(|(file, _)| file.take(64).read_to_end(&mut begin));
    let first = begin.iter().find(|byte| !byte.is_ascii_whitespace());
    read.is_err() || matches!(first, None | Some(b'{' | b'['))
}
