//! The inputs of a run: images or videos for each input of the pipeline.

use crate::args::RunArguments;
use crate::failure::Failure;
use crate::video::source::{VideoSource, is_standard, is_video};
use pixelflume::files::discover::NamedPaths;
use pixelflume::graph::text::{Listed, Shown};
use pixelflume::pipeline::Pipeline;
use std::path::PathBuf;

/// The images or videos, by input of the pipeline.
#[derive(Debug)]
pub(crate) enum Feed {
    /// Images: files and folders.
    Images(Vec<NamedPaths>),
    /// A video for each input.
    Videos(Vec<VideoSource>),
}

impl Feed {
    /// Assigns the arguments to the inputs of the pipeline. Files are opened, stdin and pipes are not read.
    ///
    /// # Errors
    /// An input of the pipeline is missing, unknown or given in two ways; videos and images are mixed; an input has
    /// several videos; stdin is given twice.
    pub(crate) fn new(arguments: &RunArguments, pipeline: &Pipeline) -> Result<Self, Failure> {
        let inputs = assign(arguments, pipeline)?;
        let raw = arguments.raw.is_some();
        let all = || inputs.iter().flat_map(|input| &input.paths);
        let videos = all().filter(|path| raw || is_video(path)).count();
        if videos == 0 {
            return Ok(Feed::Images(inputs));
        }
        if let Some(image) = all().find(|path| !raw && !is_video(path)) {
            return Err(Failure::new(format!(
                "{} is no video, and another input is: images and videos cannot be mixed",
                image.display()
            ))
            .help("`-`, pipes, and files that begin with YUV4MPEG2 are videos; --raw takes files of raw frames"));
        }
        if let Some(input) = inputs.iter().find(|input| input.paths.len() > 1) {
            return Err(Failure::new(format!(
                "input {} has {} videos, and a run takes one",
                Shown(&input.name),
                input.paths.len()
            ))
            .help("run them one after the other"));
        }
        if all().filter(|path| is_standard(path)).count() > 1 {
            return Err(Failure::new("stdin is given to two inputs")
                .help("read the other one from a file or a named pipe"));
        }
        if let Some(folder) = all().find(|path| path.is_dir()) {
            return Err(Failure::new(format!(
                "{} is a folder, and --raw reads a file or stdin",
                folder.display()
            )));
        }
        let sources = all().map(|path| VideoSource::new(path));
        Ok(Feed::Videos(sources.collect()))
    }
}

/// The paths of each input of the pipeline, in its order.
fn assign(arguments: &RunArguments, pipeline: &Pipeline) -> Result<Vec<NamedPaths>, Failure> {
    let names: Vec<&str> = pipeline.inputs().collect();
    let usage = || {
        let examples = names
            .iter()
            .map(|name| format!("--input {}=PATH", Shown(name)));
        let examples = Listed::new(examples).separated_by(" ");
        format!("give each input by its name: {examples}")
    };
    if arguments.named.is_empty() {
        return match names[..] {
            [name] => Ok(vec![NamedPaths {
                name: name.to_owned(),
                paths: arguments.inputs.clone(),
            }]),
            _ => Err(Failure::new(format!(
                "pipeline \"{}\" has {} inputs ({})",
                Shown(pipeline.name()),
                names.len(),
                Listed::new(&names)
            ))
            .help(usage())),
        };
    }
    if let Some(unknown) = arguments
        .named
        .iter()
        .find(|input| !names.contains(&&*input.name))
    {
        return Err(Failure::new(format!(
            "pipeline \"{}\" has no input \"{}\"",
            Shown(pipeline.name()),
            Shown(&unknown.name)
        ))
        .help(usage()));
    }
    let paths_of = |name: &&str| {
        let named = arguments.named.iter().filter(|input| input.name == *name);
        let paths: Vec<PathBuf> = named.map(|input| input.path.clone()).collect();
        if paths.is_empty() {
            return Err(
                Failure::new(format!("nothing is given for input \"{}\"", Shown(name)))
                    .help(usage()),
            );
        }
        Ok(NamedPaths {
            name: (*name).to_owned(),
            paths,
        })
    };
    names.iter().map(paths_of).collect()
}
