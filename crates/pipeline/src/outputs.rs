//! What comes out of a runner.

use crate::Image;
use pixelflume_scheduler::FailureCause;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use thiserror::Error;

/// A node failed while it ran, and took the outputs that depend on it with it.
#[derive(Clone, Debug, Error)]
#[error("node \"{node}\" ({operator}) failed in batch {batch}, frames {} to {}: {cause}", frames.start, frames.end - 1)]
#[non_exhaustive]
pub struct NodeFailure {
    /// Name of the node that failed.
    pub node: String,
    /// Kind of its operator.
    pub operator: &'static str,
    /// Number of the batch in the life of the runner, from 0.
    pub batch: u64,
    /// The frames of the batch, as indices of the frames that were given to the runner; at least one.
    pub frames: Range<usize>,
    /// Why it failed.
    pub cause: Box<FailureCause>,
}

/// An output cannot be had by its name.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum OutputError {
    /// There is no such output, or it was taken.
    #[error("there is no output \"{name}\"; there are: {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// The node of the output, or one that it depends on, failed.
    #[error(transparent)]
    Failed(Arc<NodeFailure>),
}

/// The results of one run: for each output of the pipeline the images of all frames, or why there are none.
#[derive(Clone)]
pub struct BatchOutputs {
    pub(crate) outputs: Vec<Output>,
}

#[derive(Clone)]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) result: Result<Vec<Image>, Arc<NodeFailure>>,
}

impl BatchOutputs {
    /// The outputs in the pipeline's order: the name, and one image per frame, or the failure of the node that the output
    /// is or depends on.
    pub fn outputs(&self) -> impl ExactSizeIterator<Item = (&str, Result<&[Image], &NodeFailure>)> {
        self.outputs
            .iter()
            .map(|output| (output.name.as_str(), output.view()))
    }

    /// The images of the output of this name, one per frame; the error can be passed on with `?`.
    ///
    /// # Errors
    /// There is no such output, or a node failed that it depends on.
    pub fn images(&self, name: &str) -> Result<&[Image], OutputError> {
        match self.outputs.iter().find(|output| output.name == name) {
            Some(output) => output
                .result
                .as_deref()
                .map_err(|failure| OutputError::Failed(Arc::clone(failure))),
            None => {
                let known: Vec<_> = self
                    .outputs
                    .iter()
                    .map(|output| output.name.as_str())
                    .collect();
                Err(OutputError::Unknown {
                    name: name.to_owned(),
                    known: known.join(", "),
                })
            }
        }
    }

    /// The output of this name; `None` where the pipeline has none, or it was taken.
    pub fn get(&self, name: &str) -> Option<Result<&[Image], &NodeFailure>> {
        self.outputs
            .iter()
            .find(|output| output.name == name)
            .map(Output::view)
    }

    /// Takes the output of this name out; `None` where the pipeline has none, or it was taken.
    pub fn take(&mut self, name: &str) -> Option<Result<Vec<Image>, NodeFailure>> {
        let index = self.outputs.iter().position(|output| output.name == name)?;
        Some(self.outputs.remove(index).into_result())
    }

    /// The names of the outputs with the owned results, in the pipeline's order.
    pub fn into_outputs(
        self,
    ) -> impl ExactSizeIterator<Item = (String, Result<Vec<Image>, NodeFailure>)> {
        self.outputs
            .into_iter()
            .map(|mut output| (std::mem::take(&mut output.name), output.into_result()))
    }

    /// The first failure, if an output failed.
    pub fn failure(&self) -> Option<&NodeFailure> {
        self.outputs.iter().find_map(|output| output.view().err())
    }

    /// Whether every output is there.
    pub fn is_success(&self) -> bool {
        self.failure().is_none()
    }
}

impl Output {
    fn view(&self) -> Result<&[Image], &NodeFailure> {
        self.result.as_deref().map_err(|failure| &**failure)
    }

    fn into_result(self) -> Result<Vec<Image>, NodeFailure> {
        self.result.map_err(Arc::unwrap_or_clone)
    }
}

impl fmt::Debug for BatchOutputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.outputs()).finish()
    }
}
