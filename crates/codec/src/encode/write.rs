//! Image files on disk, which appear complete or not at all.

use crate::encode::encode_to;
use crate::encode::options::EncodeOptions;
use crate::error::EncodeError;
use crate::format::Format;
use crate::temporary::{Existing, Temporary};
use pixelflume_ops::ImageView;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Encodes an image as [`encode`](fn@crate::encode) does and writes the file `path`. The folder must exist.
///
/// The file is written under a temporary name in its folder ([`Temporary`]), and then renamed: whoever looks sees the whole file or
/// none.
///
/// # Errors
/// The format cannot hold the image, an option is wrong, something is at `path` that must not be replaced, or the file cannot
/// be written; then no file is left behind.
pub fn write(
    path: &Path,
    image: ImageView<'_>,
    format: Format,
    options: &EncodeOptions,
    existing: Existing,
) -> Result<(), EncodeError> {
    let failed = |source| EncodeError::Write {
        path: path.to_owned(),
        source,
    };
    // Before the work of encoding; what appears later is noticed when the file is renamed.
    refuse(path, existing)?;
    let temporary = Temporary::create_for(path).map_err(failed)?;
    let mut file = BufWriter::new(temporary.file());
    encode_to(image, format, options, &mut file)?;
    file.flush().map_err(failed)?;
    drop(file);
    match temporary.persist(existing) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists(path)),
        named => named.map_err(failed),
    }
}

fn exists(path: &Path) -> EncodeError {
    EncodeError::Exists {
        path: path.to_owned(),
    }
}

/// Refuses a path with something that must not be replaced.
fn refuse(path: &Path, existing: Existing) -> Result<(), EncodeError> {
    match existing {
        Existing::Refuse if fs::symlink_metadata(path).is_ok() => Err(exists(path)),
        Existing::Replace if fs::metadata(path).is_ok_and(|there| !there.is_file()) => {
            Err(EncodeError::NotRegular {
                path: path.to_owned(),
            })
        }
        _ => Ok(()),
    }
}
