//! Image files as inputs of a runner.

use crate::encoded::{DecodedInputs, has_files};
use crate::error::PipelineError;
use crate::error::files::FileFailure;
use crate::inputs::Input;
use crate::mixed::values::BatchParameters;
use crate::results::BatchOutputs;
use crate::runner::Runner;

/// What became of the files of [`Runner::run_encoded`].
#[derive(Debug)]
pub struct EncodedOutputs {
    /// The results of the files that were decoded, in their order; no images where none was.
    pub outputs: BatchOutputs,
    /// For each image of an output, the index of its file among those that were given; ascending.
    pub frames: Vec<usize>,
    /// The files that could not be decoded, in their order.
    pub failed: Vec<FileFailure>,
}

impl Runner {
    /// Executes a pipeline of one input over image files in memory, and gives the images of its outputs. A file that cannot be decoded
    /// is left out and reported; the others are computed without it. To have all results or an error, give the files as
    /// [`Input::Encoded`] to [`Runner::run_into`].
    ///
    /// For random operators the number of an image is that of its file, whether files before it could be decoded or not.
    ///
    /// # Errors
    /// The same as for [`Runner::execute`], but for files that cannot be decoded.
    pub fn run_encoded(&mut self, files: &[&[u8]]) -> Result<EncodedOutputs, PipelineError> {
        let (decoded, failed) = DecodedInputs::of_good_files(&self.pipeline, files, &self.files)?;
        let mut broken = failed.iter().map(|failure| failure.frame).peekable();
        let is_good = |frame: &usize| broken.next_if_eq(frame).is_none();
        let frames: Vec<usize> = (0..files.len()).filter(is_good).collect();
        let number = |frame: usize| self.next_image.wrapping_add(frame as u64);
        let next = number(files.len());
        let numbers: Vec<u64> = frames.iter().map(|&frame| number(frame)).collect();
        let mut outputs = BatchOutputs::default();
        if frames.is_empty() {
            outputs.prepare(&self.pipeline);
        } else {
            outputs = self.spare.take();
            let parameters = BatchParameters::new(&self.pipeline).with_indices(&numbers);
            decoded.with_inputs(|inputs| self.run_with(inputs, &parameters, &mut outputs))?;
        }
        self.next_image = next;
        Ok(EncodedOutputs {
            outputs,
            frames,
            failed,
        })
    }

    /// Decodes the files among `inputs`, as an execution decodes them, and calls `act` with this runner and inputs none of which is
    /// files. For what looks at the images first, or executes them several times: each file is decoded once. Without files `act` gets
    /// the inputs as they are.
    ///
    /// # Errors
    /// [`PipelineError::Decode`], with all files of an input that cannot be decoded, and `act` is not called; or inputs or frames are
    /// missing.
    pub fn with_decoded<R>(
        &mut self,
        inputs: &[Input<'_>],
        act: impl FnOnce(&mut Runner, &[Input<'_>]) -> R,
    ) -> Result<R, PipelineError> {
        if !has_files(inputs) {
            return Ok(act(self, inputs));
        }
        let decoded = DecodedInputs::new(&self.pipeline, inputs, &self.files)?;
        Ok(decoded.with_inputs(|inputs| act(self, inputs)))
    }
}
