//! What the command adds to the errors of `pixelflume::files`: the options that help.

use crate::failure::Failure;
use pixelflume::files::claims::ClaimError;
use pixelflume::files::discover::{self, DiscoverError};
use pixelflume::files::output::{FormatError, OutputError};
use pixelflume::files::video::{HeaderError, ShapeError, SizeError, StreamCause, StreamError};

/// The text of a size that is refused.
pub(crate) fn size(error: &SizeError) -> String {
    match error {
        SizeError::TooLarge { .. } => format!("{error}; {}", raise_max_pixels()),
        _ => error.to_string(),
    }
}

fn raise_max_pixels() -> &'static str {
    "raise the limit with --max-pixels if the source is to be trusted"
}

/// The text of a stream that is refused or breaks off.
pub(crate) fn stream(error: &StreamError) -> String {
    match &error.cause {
        StreamCause::Size(SizeError::TooLarge { .. })
        | StreamCause::Header(HeaderError::Size(SizeError::TooLarge { .. })) => {
            format!("{error}; {}", raise_max_pixels())
        }
        StreamCause::Header(HeaderError::Magic { .. }) => {
            format!("{error}; --raw WxH:FORMAT gives them")
        }
        _ => error.to_string(),
    }
}

/// The text of a shape that is no video.
pub(crate) fn shape(error: &ShapeError) -> String {
    match error {
        ShapeError::Format { fitting, .. } => format!("{error} (--out-raw {})", fitting.name()),
        _ => error.to_string(),
    }
}

/// The text of a shape that is no image file.
pub(crate) fn format(error: &FormatError) -> String {
    format!("{error} (--format png)")
}

/// The text of a result that is not written.
pub(crate) fn output(error: &OutputError) -> String {
    match error {
        OutputError::Format { .. } => format!("{error} (--format png)"),
        _ => error.to_string(),
    }
}

/// The failure of results that cannot be written anywhere.
pub(crate) fn outputs(error: &OutputError) -> Failure {
    let failure = Failure::new(output(error));
    match error {
        OutputError::FolderName { .. } => failure.help(
            "with several outputs the results of each go to a folder named after it: rename the node",
        ),
        OutputError::MakeFolder { .. } | OutputError::WriteInFolder { .. } => {
            failure.help("choose another folder for --out")
        }
        _ => failure,
    }
}

/// The failure of a file that is read or written twice; `option` sets it, where one does.
pub(crate) fn claim(error: &ClaimError, option: Option<&str>) -> Failure {
    let failure = Failure::new(error.to_string());
    match (error, option) {
        (ClaimError::OneStream { .. }, _) => {
            failure.help("read the other one from a file or a pipe of its own")
        }
        (ClaimError::StdoutIsRead { .. }, _) => failure.help("write to another file"),
        (_, Some(option)) => failure.help(format!("choose another place for --{option}")),
        _ => failure,
    }
}

/// The failure of inputs that are no sets of images.
pub(crate) fn inputs(error: &DiscoverError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error {
        DiscoverError::NoImages { .. } => failure
            .help(format!(
                "a folder stands for the files directly in it that end in {}",
                discover::extensions().join(", ")
            ))
            .help("name files one by one to read images with other names, and videos too"),
        DiscoverError::Counts { .. } => failure.help(
            "each image of one input goes with the image of the same place of the others: give equal numbers",
        ),
        DiscoverError::SameStem { .. } => failure.help(
            "results are named after their inputs without folder and extension: rename one, or run them into two folders",
        ),
        _ => failure,
    }
}
