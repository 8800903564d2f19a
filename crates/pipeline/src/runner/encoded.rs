//! Image files as inputs of a runner.

use crate::encoded::{DecodedInputs, has_files};
use crate::error::PipelineError;
use crate::inputs::Input;
use crate::results::BatchOutputs;
use crate::runner::Runner;

impl Runner {
    /// Executes a pipeline of one input over image files in memory ([`Input::Encoded`]), and gives the images of its outputs.
    ///
    /// # Errors
    /// [`PipelineError::Decode`] where files cannot be decoded, and the same as for [`Runner::execute`].
    pub fn run_encoded(&mut self, files: &[&[u8]]) -> Result<BatchOutputs, PipelineError> {
        let mut outputs = self.spare.take();
        self.run_into(&[Input::Encoded(files)], &mut outputs)?;
        Ok(outputs)
    }

    /// Decodes the files among `inputs`, as an execution decodes them, and calls `act` with this runner and inputs none of which is
    /// files. For what looks at the images first, or executes them several times: each file is decoded once. Without files `act` gets
    /// the inputs as they are.
    ///
    /// # Errors
    /// [`PipelineError::Decode`], with all files of an input that cannot be decoded, and `act` is not called; or the device or its memory
    /// fails; or inputs or frames are missing.
    pub fn with_decoded<R>(
        &mut self,
        inputs: &[Input<'_>],
        act: impl FnOnce(&mut Runner, &[Input<'_>]) -> R,
    ) -> Result<R, PipelineError> {
        if !has_files(inputs) {
            return Ok(act(self, inputs));
        }
        let memory = self.lane.memory();
        let decoded = DecodedInputs::new(&self.pipeline, inputs, &mut self.files, memory)?;
        Ok(decoded.with_inputs(|inputs| act(self, inputs)))
    }
}
