//! `pixelflume processor`: prints the pipeline file of a processor.

use crate::args::ProcessorArguments;
use crate::console;
use crate::failure::{Failure, full_text};
use pixelflume::pipeline::{Processor, ProcessorError};
use std::path::Path;
use std::process::ExitCode;

/// Prints the pipeline of the processor, or the names of all.
pub(crate) fn processor(arguments: &ProcessorArguments) -> Result<ExitCode, Failure> {
    let text = match &arguments.processor {
        Some(name) => {
            let processor = load(name, arguments)?;
            let text = processor.to_toml();
            text.map_err(|error| Failure::new(error.to_string()))?
        }
        None => Processor::names().map(|name| format!("{name}\n")).collect(),
    };
    console::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The processor of a name or file, with the settings of the arguments.
fn load(name: &str, arguments: &ProcessorArguments) -> Result<Processor, Failure> {
    let mut processor = match (is_file(name), &arguments.class) {
        (true, Some(class)) => Processor::from_file_of_class(name, class),
        (true, None) => Processor::from_file(name),
        (false, None) => Processor::named(name),
        (false, Some(_)) => {
            return Err(
                Failure::new(format!("--class is for files, and \"{name}\" is a name"))
                    .help("name a file that ends with .json, or leave --class out"),
            );
        }
    }
    .map_err(failure)?;
    if let Some(backend) = arguments.backend {
        processor = processor.backend(backend).map_err(failure)?;
    }
    let processor = processor.sample(arguments.sample.into()).map_err(failure)?;
    processor.layout(arguments.layout.into()).map_err(failure)
}

/// Whether the argument is a path, and not the name of a processor.
fn is_file(name: &str) -> bool {
    let extension = Path::new(name).extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
        || name.contains(std::path::is_separator)
}

fn failure(error: ProcessorError) -> Failure {
    let failure = Failure::new(full_text(&error));
    match error {
        ProcessorError::NoType => {
            failure.help("or name the class, for example --class ViTImageProcessor")
        }
        _ => failure,
    }
}
