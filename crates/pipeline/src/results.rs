//! Results of an execution.

use crate::outputs::{Output, Outputs};
use crate::pipeline::Pipeline;
use pixelflume_device::sync::Mutex;
use pixelflume_graph::text::{Listed, Shown};
use pixelflume_ops::image::owned::Image;
use pixelflume_scheduler::FailureCause;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Weak};
use thiserror::Error;

/// A node failed while it ran; the outputs that depend on it have no results.
#[derive(Clone, Debug, Error)]
#[error(
    "node \"{}\" ({}) failed in batch {batch}, frames {} to {}: {cause}",
    Shown(node),
    what(operator, fused),
    frames.start,
    frames.end - 1
)]
#[non_exhaustive]
pub struct NodeFailure {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Name of the node that failed.
    pub node: String,
    /// Kind of its operator.
    pub operator: &'static str,
    /// Names of the nodes that were fused into one launch with it, from the first to the node itself; empty where the node
    /// has a launch of its own.
    pub fused: Vec<String>,
    /// Number of the batch, counted from 0 by the runner, the compiled pipeline or the engine.
    pub batch: u64,
    /// The frames of the batch, as indices of the frames that the execution was given; at least one.
    pub frames: Range<usize>,
    /// The cause, as the scheduler found it.
    pub cause: Box<FailureCause>,
}

/// The kind of the operator, or the names of all nodes that were fused with it.
fn what(operator: &str, fused: &[String]) -> String {
    match fused {
        [] => operator.to_owned(),
        names => format!("fused: {}", Listed::new(names).separated_by(" + ")),
    }
}

/// An output is not available under its name.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum OutputError {
    /// There is no such output, or it was taken.
    #[error("there is no output \"{}\"; there are: {known}", Shown(name))]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The names of the outputs, the first ten of them.
        known: String,
    },
    /// The node of the output failed, or a node that it depends on.
    #[error(transparent)]
    Failed(Arc<NodeFailure>),
}

/// The outcome of one execution: its size, and which outputs failed.
#[must_use = "outputs may have failed"]
#[derive(Clone, Debug, Default)]
pub struct Execution {
    pub(crate) batches: u64,
    frames: usize,
    failures: Vec<(usize, Arc<NodeFailure>)>,
}

impl Execution {
    pub(crate) fn new(frames: usize) -> Self {
        Execution {
            batches: 0,
            frames,
            failures: Vec::new(),
        }
    }

    pub(crate) fn fail(&mut self, output: usize, failure: NodeFailure) {
        self.failures.push((output, Arc::new(failure)));
    }

    /// Adds the batches of a part of the execution, and its failures where an output has none yet.
    pub(crate) fn merge(&mut self, part: Execution) {
        self.batches += part.batches;
        for (output, failure) in part.failures {
            if self.failure(output).is_none() {
                self.failures.push((output, failure));
            }
        }
    }

    /// The number of batches: 1, or more where there were more frames than the largest batch, or images were executed in groups.
    pub fn batches(&self) -> u64 {
        self.batches
    }

    /// The number of frames.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The failure behind the output of this index; `None` where the output has its results. The content of the place of a
    /// failed output is undefined.
    pub fn failure(&self, output: usize) -> Option<&NodeFailure> {
        self.shared_failure(output).map(|failure| &**failure)
    }

    pub(crate) fn shared_failure(&self, output: usize) -> Option<&Arc<NodeFailure>> {
        let failed = self.failures.iter().find(|(failed, _)| *failed == output);
        failed.map(|(_, failure)| failure)
    }

    /// Whether all outputs have their results.
    pub fn is_success(&self) -> bool {
        self.failures.is_empty()
    }

    /// Turns the first failure into an error, if an output failed.
    ///
    /// # Errors
    /// The first failure.
    pub fn into_result(self) -> Result<(), NodeFailure> {
        match self.failures.into_iter().next() {
            Some((_, failure)) => Err(Arc::unwrap_or_clone(failure)),
            None => Ok(()),
        }
    }
}

/// The results of one execution: for each output of the pipeline the images of all frames, or its failure.
///
/// A value that is given to [`Runner::run_into`](crate::Runner::run_into) again and again keeps its memory. Results of
/// [`Runner::run`](crate::Runner::run) that are dropped leave their images to a later call of it.
#[derive(Clone, Default)]
pub struct BatchOutputs {
    outputs: Vec<Named>,
    /// The place that the images go to when the results are dropped.
    spare: Weak<Spare>,
}

/// Results that were dropped, the last ones of a runner or a compiled pipeline, for use by its next call that gives new
/// results: fresh memory costs more time than the copies to it.
#[derive(Default)]
pub(crate) struct SpareOutputs(Arc<Spare>);

type Spare = Mutex<Option<Vec<Named>>>;

impl SpareOutputs {
    /// Empty results, with the memory of earlier ones where some were dropped.
    pub(crate) fn take(&self) -> BatchOutputs {
        BatchOutputs {
            outputs: self
                .0
                .try_lock()
                .and_then(|mut spare| spare.take())
                .unwrap_or_default(),
            spare: Arc::downgrade(&self.0),
        }
    }

    /// Frees the memory; returns whether there was any.
    pub(crate) fn clear(&self) -> bool {
        let spare = self.0.lock().take();
        spare.is_some()
    }
}

impl Drop for BatchOutputs {
    fn drop(&mut self) {
        if let Some(spare) = self.spare.upgrade() {
            let outputs = std::mem::take(&mut self.outputs);
            if !outputs.is_empty() {
                // Never waited for: in a forked child the thread that has the lock may not exist.
                let older = spare.try_lock().map(|mut spare| spare.replace(outputs));
                // Freed here, and not under the lock.
                drop(older);
            }
        }
    }
}

#[derive(Clone)]
struct Named {
    name: String,
    images: Vec<Image>,
    /// The failure, with which the images are undefined.
    failure: Option<Arc<NodeFailure>>,
}

impl BatchOutputs {
    /// Prepares for the outputs of a pipeline; images of an earlier run are kept for reuse.
    pub(crate) fn prepare(&mut self, pipeline: &Pipeline) {
        let mut pairs = pipeline.outputs().zip(&self.outputs);
        let fits = self.outputs.len() == pipeline.outputs().len()
            && pairs.all(|(name, output)| output.name == name);
        if !fits {
            let mut old = std::mem::take(&mut self.outputs);
            let named = pipeline.outputs().map(|name| {
                match old.iter().position(|output| output.name == name) {
                    Some(index) => old.swap_remove(index),
                    None => Named {
                        name: name.to_owned(),
                        images: Vec::new(),
                        failure: None,
                    },
                }
            });
            self.outputs = named.collect();
        }
    }

    /// Takes over the failures.
    pub(crate) fn take_failures(&mut self, execution: &Execution) {
        for (index, output) in self.outputs.iter_mut().enumerate() {
            output.failure = execution.shared_failure(index).cloned();
        }
    }

    /// The outputs in the pipeline's order: the name, and one image per frame or the failure behind the output.
    pub fn outputs(&self) -> impl ExactSizeIterator<Item = (&str, Result<&[Image], &NodeFailure>)> {
        self.outputs
            .iter()
            .map(|output| (output.name.as_str(), output.view()))
    }

    /// The images of the output of this name, one per frame; the error can be passed on with `?`.
    ///
    /// # Errors
    /// There is no such output, or a node failed on which it depends.
    pub fn images(&self, name: &str) -> Result<&[Image], OutputError> {
        match self.outputs.iter().find(|output| output.name == name) {
            Some(output) => match &output.failure {
                Some(failure) => Err(OutputError::Failed(Arc::clone(failure))),
                None => Ok(&output.images),
            },
            None => {
                let known = self.outputs.iter().map(|output| output.name.as_str());
                Err(OutputError::Unknown {
                    name: name.to_owned(),
                    known: Listed::new(known).to_string(),
                })
            }
        }
    }

    /// The output of this name; `None` where the pipeline has none, or it was taken.
    pub fn get(&self, name: &str) -> Option<Result<&[Image], &NodeFailure>> {
        self.outputs
            .iter()
            .find(|output| output.name == name)
            .map(Named::view)
    }

    /// Removes the output of this name and gives it; `None` where the pipeline has none, or it was taken.
    pub fn take(&mut self, name: &str) -> Option<Result<Vec<Image>, NodeFailure>> {
        let index = self.outputs.iter().position(|output| output.name == name)?;
        Some(self.outputs.remove(index).into_result())
    }

    /// The outputs by value, in the pipeline's order.
    pub fn into_outputs(
        mut self,
    ) -> impl ExactSizeIterator<Item = (String, Result<Vec<Image>, NodeFailure>)> {
        std::mem::take(&mut self.outputs)
            .into_iter()
            .map(|mut output| (std::mem::take(&mut output.name), output.into_result()))
    }

    /// The first failure, if an output failed.
    pub fn failure(&self) -> Option<&NodeFailure> {
        self.outputs.iter().find_map(|output| output.view().err())
    }

    /// Whether all outputs have their results.
    pub fn is_success(&self) -> bool {
        self.failure().is_none()
    }
}

impl Outputs for BatchOutputs {
    fn count(&self) -> usize {
        self.outputs.len()
    }

    fn output(&mut self, index: usize) -> Output<'_> {
        Output::Images(&mut self.outputs[index].images)
    }

    fn all(&mut self) -> Vec<Output<'_>> {
        let outputs = self.outputs.iter_mut();
        outputs
            .map(|output| Output::Images(&mut output.images))
            .collect()
    }
}

impl Named {
    fn view(&self) -> Result<&[Image], &NodeFailure> {
        match &self.failure {
            Some(failure) => Err(failure),
            None => Ok(&self.images),
        }
    }

    fn into_result(self) -> Result<Vec<Image>, NodeFailure> {
        match self.failure {
            Some(failure) => Err(Arc::unwrap_or_clone(failure)),
            None => Ok(self.images),
        }
    }
}

impl fmt::Debug for BatchOutputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.outputs()).finish()
    }
}
