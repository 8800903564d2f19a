//! `pixelflume processor`: prints the pipeline file of a processor.

use crate::args::ProcessorArguments;
use crate::console;
use crate::failure::{Failure, full_text};
use pixelflume::pipeline::{Processor, ProcessorError};
use std::process::ExitCode;

/// Prints the pipeline of the processor, or the names of all.
pub(crate) fn processor(arguments: &ProcessorArguments) -> Result<ExitCode, Failure> {
    let text = match &arguments.processor {
        Some(name) => {
            let processor =
                load(name, arguments).map_err(|error| Failure::new(full_text(&error)))?;
            let text = processor.to_toml();
            text.map_err(|error| Failure::new(error.to_string()))?
        }
        None => Processor::names().map(|name| format!("{name}\n")).collect(),
    };
    console::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The processor of a name or file, with the settings of the arguments.
fn load(name: &str, arguments: &ProcessorArguments) -> Result<Processor, ProcessorError> {
    let is_file = name.ends_with(".json") || name.contains(std::path::is_separator);
    let mut processor = match is_file {
        true => Processor::from_file(name)?,
        false => Processor::named(name)?,
    };
    if let Some(backend) = arguments.backend {
        processor = processor.backend(backend)?;
    }
    processor
        .sample(arguments.sample.into())?
        .layout(arguments.layout.into())
}
