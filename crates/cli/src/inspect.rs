//! `pixelflume inspect`: shows the content of a pipeline file.

use crate::args::{InspectArguments, InspectFormat};
use crate::console;
use crate::device_list;
use crate::failure::{Failure, full_text};
use pixelflume::graph::text::Shown;
use pixelflume::pipeline::{Description, ExecutionConfig, Pipeline, PipelineError, Shapes};
use std::path::Path;
use std::process::ExitCode;

/// Prints the pipeline in the requested format. Streams, memory and launches are those of a `run` with default settings.
pub(crate) fn inspect(arguments: &InspectArguments) -> Result<ExitCode, Failure> {
    let pipeline = load(&arguments.pipeline, arguments.no_fusion)?;
    let inputs = arguments
        .size
        .map(|size| vec![size; pipeline.inputs().len()]);
    let refused = |error: PipelineError| match arguments.size {
        Some(size) => Failure::new(format!(
            "pipeline \"{}\" cannot take images of {size}: {}",
            Shown(pipeline.name()),
            full_text(&error)
        )),
        None => Failure::new(full_text(&error)),
    };
    let infer = || -> Result<Option<Shapes>, Failure> {
        let inputs = inputs.as_ref();
        inputs
            .map(|inputs| pipeline.infer(inputs).map_err(refused))
            .transpose()
    };
    let describe = || {
        let ExecutionConfig {
            max_batch, streams, ..
        } = ExecutionConfig::default();
        let device = device_list::find(&arguments.device)?;
        pipeline
            .describe(inputs.as_deref(), max_batch, streams, &device)
            .map_err(refused)
    };
    if arguments.schedule {
        console::print(&console::escaped(&describe()?.schedule.text, &['\n']))?;
        return Ok(ExitCode::SUCCESS);
    }
    console::print(&match arguments.format {
        InspectFormat::Text => console::escaped(&describe()?.to_string(), &['\n']).into_owned(),
        InspectFormat::Json => json(&describe()?)?,
        InspectFormat::Dot => pipeline.to_dot(infer()?.as_ref()),
        InspectFormat::Mermaid => pipeline.to_mermaid(infer()?.as_ref()),
        InspectFormat::Toml => pipeline
            .to_toml()
            .map_err(|error| Failure::new(error.to_string()))?,
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Reads a pipeline file, and turns fusion off where the file or `no_fusion` asks for it. Its error messages give the position of
/// each mistake and what is expected.
pub(crate) fn load(path: &Path, no_fusion: bool) -> Result<Pipeline, Failure> {
    let pipeline = Pipeline::from_file(path).map_err(|error| {
        let text = error.to_string();
        // The text begins with "error: ", which is printed before every failure anyway.
        Failure::new(text.strip_prefix("error: ").unwrap_or(&text))
    })?;
    let fusion = pipeline.fusion() && !no_fusion;
    Ok(pipeline.with_fusion(fusion))
}

fn json(description: &Description) -> Result<String, Failure> {
    serde_json::to_string_pretty(description)
        .map(|json| json + "\n")
        .map_err(|error| Failure::new(format!("cannot write JSON: {error}")))
}
