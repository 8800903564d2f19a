//! One call without the interpreter: decode, execute or submit, and collect what the outputs got.

use crate::call::failure::Failure;
use crate::call::parts::{Picked, groups, shape_of};
use crate::call::runners::Runners;
use crate::call::values::Values;
use crate::errors::Exception;
use crate::frames::{Decoding, FrameError, Frames};
use crate::results::completion::{Completion, End};
use crate::results::{ImageOf, Images, Results};
use pixelflume::device::{DeviceKind, Stream, default_threads};
use pixelflume::pipeline::dlpack::DlTensor;
use pixelflume::pipeline::{DeviceTensor, Input, Output, PipelineError, Runner};
use std::sync::Arc;

/// Bytes of pixels from which on a call is long, so that its wait has to notice Ctrl-C.
const LONG_BYTES: usize = 8 << 20;
/// Images of a list from which on a call is long.
const LONG_LIST: usize = 16;

/// One call: its images, and what is to be done with them.
pub(crate) struct Job {
    pub(crate) runners: Arc<Runners>,
    /// The images of each input.
    pub(crate) frames: Vec<Frames>,
    pub(crate) values: Values,
    /// The caller's places for outputs; `None` for an output that is given away as a tensor. As many as there are outputs, or none
    /// at all.
    pub(crate) places: Vec<Option<DlTensor>>,
    pub(crate) stream: Stream,
}

impl Job {
    /// Whether the call may take so long that its wait has to notice Ctrl-C. Images on a GPU are submitted and not waited for.
    pub(crate) fn is_long(&self) -> bool {
        if self.stream.is_of_one_thread() {
            return false;
        }
        let is_host = self.stream.device().kind() == DeviceKind::Host;
        (is_host && self.runners.is_custom()) || self.frames.iter().any(is_long_input)
    }

    /// Whether the call takes less time than to wake another thread: its images are in ordinary memory and small, and so is all that
    /// the nodes make of them.
    pub(crate) fn is_light(&self) -> bool {
        self.places.is_empty()
            && !self.runners.is_custom()
            && self.stream.device().kind() == DeviceKind::Host
            && self.frames.len() == 1
            && self.frames[0]
                .with_input(|input| match input {
                    Input::Device(_) | Input::DeviceList(_) => false,
                    input => match input.frames() {
                        0 => false,
                        count => shape_of(&input, 0)
                            .is_some_and(|shape| self.runners.is_light(shape, count)),
                    },
                })
                .unwrap_or(false)
    }

    /// Decodes the images, and computes on the host, or submits to a GPU, for which the runner decodes files. Needs no interpreter.
    pub(crate) fn run(&mut self, runner: &mut Runner) -> Result<Results, Failure> {
        let decoding = Decoding {
            options: *runner.pipeline().decode_options(),
            device: self.stream.device().kind(),
        };
        for frames in &mut self.frames {
            // To count the cores takes longer than to compute a small image.
            if frames.with_input(|_| ()).is_err() {
                frames.decode(default_threads(), &decoding)?;
            }
            *frames = std::mem::take(frames).read_in_place(&self.stream)?;
        }
        let count = self.frames.first().map_or(0, Frames::len);
        if self.runners.pipeline().is_per_image() && !self.values.has_indices() {
            let first = self.runners.number(self.values.first(), count as u64);
            self.values.set_first(first);
        }
        let frames = std::mem::take(&mut self.frames);
        let mut results = None;
        let given = with_inputs(&frames, &[], &mut |inputs| {
            results = Some(
                runner.with_decoded(inputs, |runner, inputs| self.compute(runner, inputs, count)),
            );
        });
        let results = given.map(|()| results.expect("it was called with the images"));
        self.frames = frames;
        match results? {
            Ok(results) => Ok(results?),
            Err(error) => Err(self.failure(error)),
        }
    }

    /// The failure of a call whose files were not decoded by the runner.
    fn failure(&self, error: PipelineError) -> Failure {
        let PipelineError::Decode { input, failures } = error else {
            return Failure::Call(error.into());
        };
        let mut inputs = self.runners.pipeline().inputs().zip(&self.frames);
        match inputs.find(|(name, _)| *name == input) {
            Some((_, frames)) => Failure::Images(frames.failed(failures)),
            None => Failure::Call(PipelineError::Decode { input, failures }.into()),
        }
    }

    fn compute(
        &mut self,
        runner: &mut Runner,
        inputs: &[Input<'_>],
        frames: usize,
    ) -> Result<Results, Exception> {
        let names = Arc::clone(self.runners.names());
        let mut places = std::mem::take(&mut self.places);
        // The outputs whose images have several sizes, as errors tell.
        let mut listed = vec![false; names.len()];
        let mut ends = Vec::with_capacity(1);
        let mut images: Vec<Images> = loop {
            let mut tensors: Vec<Option<DeviceTensor>> = names.iter().map(|_| None).collect();
            let mut outputs = outputs_of(&mut tensors, &listed, &mut places)?;
            let end = self.execute(runner, inputs, &self.values, &mut outputs);
            drop(outputs);
            match end {
                Ok(end) => {
                    ends.push(end);
                    break tensors.into_iter().map(Images::of).collect();
                }
                Err(error) => {
                    // Each turn makes one more output a list.
                    let several = match &error {
                        PipelineError::OutputShapes { output, .. } if places.is_empty() => {
                            let index = names.iter().position(|name| name == output);
                            index.filter(|&index| !listed[index])
                        }
                        _ => None,
                    };
                    let Some(index) = several else {
                        return Err(error.into());
                    };
                    listed[index] = true;
                    if !listed.contains(&false) {
                        break names.iter().map(|_| Images::Elsewhere).collect();
                    }
                }
            }
        };
        if listed.contains(&true) {
            let lists = self.in_parts(runner, inputs, frames, &listed, &mut ends)?;
            for (place, list) in images.iter_mut().zip(lists) {
                if let Some(list) = list {
                    *place = Images::List(list);
                }
            }
        }
        Ok(Results {
            frames,
            images,
            completion: Arc::new(Completion::new(&names, ends)),
            names,
        })
    }

    /// Executes groups of images of one size each, and gives the images of the listed outputs.
    fn in_parts(
        &self,
        runner: &mut Runner,
        inputs: &[Input<'_>],
        frames: usize,
        listed: &[bool],
        ends: &mut Vec<End>,
    ) -> Result<Vec<Option<Vec<ImageOf>>>, Exception> {
        let others: Vec<bool> = listed.iter().map(|listed| !listed).collect();
        let mut lists: Vec<Vec<Option<ImageOf>>> =
            listed.iter().map(|_| vec![None; frames]).collect();
        for group in groups(inputs, frames, self.runners.pipeline().is_per_image()) {
            let picked: Vec<Picked<'_>> = inputs
                .iter()
                .map(|input| Picked::new(input, &group))
                .collect::<Result<_, _>>()?;
            let bound: Vec<Input<'_>> = picked.iter().map(Picked::input).collect();
            let mut tensors: Vec<Option<DeviceTensor>> = listed.iter().map(|_| None).collect();
            let mut outputs = outputs_of(&mut tensors, &others, &mut [])?;
            ends.push(self.execute(runner, &bound, &self.values.of(&group), &mut outputs)?);
            drop(outputs);
            for (tensor, list) in tensors.into_iter().zip(&mut lists) {
                let Some(tensor) = tensor.map(Arc::new) else {
                    continue;
                };
                for (position, &frame) in group.iter().enumerate() {
                    list[frame] = Some((Arc::clone(&tensor), position));
                }
            }
        }
        // A list is complete where the output is listed.
        Ok(lists
            .into_iter()
            .map(|list| list.into_iter().collect())
            .collect())
    }

    fn execute(
        &self,
        runner: &mut Runner,
        inputs: &[Input<'_>],
        values: &Values,
        outputs: &mut [Output<'_>],
    ) -> Result<End, PipelineError> {
        let parameters = match values.is_empty() {
            true => None,
            false => Some(values.parameters(self.runners.pipeline())?),
        };
        // Ordinary memory of the caller has the results when the call returns.
        let waits = self.stream.device().kind() == DeviceKind::Host
            || outputs
                .iter()
                .any(|output| matches!(output, Output::Batch(_)));
        Ok(match (waits, &parameters) {
            (true, None) => End::Executed(runner.execute(inputs, outputs)?),
            (true, Some(values)) => End::Executed(runner.execute_with(inputs, values, outputs)?),
            (false, None) => End::Submitted(runner.submit(inputs, outputs, &self.stream)?),
            (false, Some(values)) => {
                End::Submitted(runner.submit_with(inputs, values, outputs, &self.stream)?)
            }
        })
    }
}

/// Whether the images of an input are many, or large, and not on a GPU.
fn is_long_input(frames: &Frames) -> bool {
    let is_long = frames.with_input(|input| match input {
        Input::Device(images) if images.memory().stream().device().kind() == DeviceKind::Cuda => {
            false
        }
        Input::DeviceList(_) => false,
        input => {
            let count = input.frames();
            let bytes = match count {
                0 => 0,
                _ => shape_of(&input, 0).map_or(0, |shape| shape.bytes()),
            };
            count >= LONG_LIST || count.saturating_mul(bytes) >= LONG_BYTES
        }
    });
    // Images that are not decoded yet are in no memory.
    is_long.unwrap_or(frames.len() >= LONG_LIST)
}

/// The place of each output: the caller's own, none for those that are left out, or else a new tensor.
fn outputs_of<'a>(
    tensors: &'a mut [Option<DeviceTensor>],
    left_out: &[bool],
    places: &'a mut [Option<DlTensor>],
) -> Result<Vec<Output<'a>>, Exception> {
    let mut places = places.iter_mut();
    let outputs = tensors.iter_mut().zip(left_out).map(|(tensor, left_out)| {
        match (places.next().and_then(Option::as_mut), left_out) {
            (Some(place), _) => Ok(place.output()?),
            (None, true) => Ok(Output::Discard),
            (None, false) => Ok(Output::Tensor(tensor)),
        }
    });
    outputs.collect()
}

/// Calls a function with the images of all inputs, behind those that are `collected` already.
fn with_inputs(
    frames: &[Frames],
    collected: &[Input<'_>],
    act: &mut dyn FnMut(&[Input<'_>]),
) -> Result<(), FrameError> {
    let Some((first, rest)) = frames.split_first() else {
        act(collected);
        return Ok(());
    };
    first.with_input(|input| {
        let mut all = Vec::with_capacity(collected.len() + 1);
        all.extend_from_slice(collected);
        all.push(input);
        with_inputs(rest, &all, act)
    })?
}
