//! Which error of the engine becomes which exception.

use crate::errors::{Exception, Kind};
use pixelflume::device::{DeviceError, ParseDeviceRequestError};
use pixelflume::memory::MemoryError;
use pixelflume::ops::OperatorError;
use pixelflume::pipeline::dlpack::DlpackError;
use pixelflume::pipeline::engine::{EngineError, FailureCause, FrameError};
use pixelflume::pipeline::{
    BatchFailure, ImageError, NodeFailure, OutputError, PipelineError, PipelineFileError,
    PipelineTextError, ProcessorError, SubmitError,
};
use pixelflume::scheduler::SchedulerError;
use std::fmt::Display;

/// Errors of one kind that are about no single node, output or image.
macro_rules! plain {
    ($($error:ty => $kind:ident),* $(,)?) => {
        $(impl From<$error> for Exception {
            fn from(error: $error) -> Self {
                Exception::new(Kind::$kind, error.to_string())
            }
        })*
    };
}

plain! {
    DeviceError => Device,
    ParseDeviceRequestError => Device,
    MemoryError => Device,
    SchedulerError => Device,
    OperatorError => Pipeline,
    PipelineFileError => Pipeline,
    PipelineTextError => Pipeline,
    ImageError => Input,
}

impl From<PipelineError> for Exception {
    fn from(error: PipelineError) -> Self {
        Exception::from(&error)
    }
}

impl From<&PipelineError> for Exception {
    fn from(error: &PipelineError) -> Self {
        use PipelineError as E;
        let text = error.to_string();
        let pipeline = |text| Exception::new(Kind::Pipeline, text);
        let input = |text| Exception::new(Kind::Input, text);
        match error {
            E::Device(_)
            | E::Memory { .. }
            | E::Copy { .. }
            | E::Scheduler(_)
            | E::Panicked { .. } => Exception::new(Kind::Device, text),
            E::FrameOperator { node, frame, .. } => {
                pipeline(text).at_node(&node.name).at_image(*frame)
            }
            E::Operator { node, .. } | E::PerImage { node, .. } => {
                pipeline(text).at_node(&node.name)
            }
            E::SurplusInput { node, .. }
            | E::MissingInput { node, .. }
            | E::NoParameters { node, .. }
            | E::OtherKind { node, .. }
            | E::UnknownNode { name: node, .. } => pipeline(text).at_node(node),
            E::OrdinaryOutput { output }
            | E::SharedMemory { output, .. }
            | E::OutputShapes { output, .. }
            | E::OutputRoom { output, .. } => pipeline(text).at_output(output),
            E::FrameShape { frame, .. } | E::ListedBatch { frame, .. } => {
                input(text).at_image(*frame)
            }
            E::Decode { failures, .. } => {
                let exception = Exception::new(Kind::Decode, text);
                match failures.first() {
                    Some(first) => exception.at_image(first.frame),
                    None => exception,
                }
            }
            E::NoFrames
            | E::FrameCount { .. }
            | E::InputShape { .. }
            | E::Image(_)
            | E::ForeignMemory { .. } => input(text),
            _ => pipeline(text),
        }
    }
}

impl From<&NodeFailure> for Exception {
    fn from(failure: &NodeFailure) -> Self {
        let exception = Exception::new(Kind::Node, failure.to_string()).at_node(&failure.node);
        match failure.frames.len() {
            1 => exception.at_image(failure.frames.start),
            _ => exception,
        }
    }
}

impl From<NodeFailure> for Exception {
    fn from(failure: NodeFailure) -> Self {
        Exception::from(&failure)
    }
}

impl From<OutputError> for Exception {
    fn from(error: OutputError) -> Self {
        match error {
            OutputError::Failed(failure) => Exception::from(&*failure),
            error => Exception::new(Kind::Pipeline, error.to_string()),
        }
    }
}

impl From<DlpackError> for Exception {
    fn from(error: DlpackError) -> Self {
        let kind = match error {
            DlpackError::Driver(_) | DlpackError::Memory(_) => Kind::Device,
            _ => Kind::Input,
        };
        Exception::new(kind, error.to_string())
    }
}

impl From<ProcessorError> for Exception {
    fn from(error: ProcessorError) -> Self {
        match error {
            ProcessorError::Pipeline(error) => Exception::from(error),
            ProcessorError::Operator { node, .. } => in_pipeline(&error).at_node(node),
            error => in_pipeline(&error),
        }
    }
}

impl From<EngineError> for Exception {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Pipeline(error) => Exception::from(error),
            EngineError::Thread(_) => Exception::new(Kind::Device, error.to_string()),
            error => in_pipeline(&error),
        }
    }
}

impl From<SubmitError> for Exception {
    fn from(error: SubmitError) -> Self {
        let kind = match &error {
            SubmitError::NoFrames | SubmitError::Incomplete { .. } => Kind::Input,
            _ => Kind::Device,
        };
        Exception::new(kind, error.to_string())
    }
}

impl From<FrameError> for Exception {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Shape { frame, .. } => {
                Exception::new(Kind::Input, error.to_string()).at_image(frame)
            }
            error => Exception::new(Kind::Input, error.to_string()),
        }
    }
}

impl From<&BatchFailure> for Exception {
    fn from(failure: &BatchFailure) -> Self {
        match &failure.cause {
            FailureCause::Frame(error) => Exception::from(error.clone()),
            FailureCause::Node(failure) => Exception::from(&**failure),
            FailureCause::Pipeline(error) => Exception::from(&**error),
            FailureCause::Producer(text) => Exception::new(Kind::Input, text.clone()),
            cause => Exception::new(Kind::Node, cause.to_string()),
        }
    }
}

fn in_pipeline(error: &impl Display) -> Exception {
    Exception::new(Kind::Pipeline, error.to_string())
}
