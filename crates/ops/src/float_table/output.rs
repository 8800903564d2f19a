//! What operators that make floating-point numbers have in common: the parameters `sample` and `layout`.

use crate::contract::OperatorError;
use crate::image::{ImageShape, Layout, SampleType};
use crate::spec::{ParameterDefault, ParameterSpec, ParameterType, Value, Values};
use std::borrow::Cow;

/// The parameter `sample`.
pub(crate) const SAMPLE: ParameterSpec = ParameterSpec {
    name: "sample",
    value_type: ParameterType::Choice(&["f32", "f16", "bf16"]),
    default: ParameterDefault::Value(Value::Name(Cow::Borrowed("f32"))),
    unit: "",
    doc: "Type of the output samples.",
    example: "sample = \"f32\"",
};

/// The parameter `layout`.
pub(crate) const LAYOUT: ParameterSpec = ParameterSpec {
    name: "layout",
    value_type: ParameterType::Choice(&["interleaved", "planar"]),
    default: ParameterDefault::Value(Value::Name(Cow::Borrowed("interleaved"))),
    unit: "",
    doc: "Layout of the output channels.",
    example: "layout = \"planar\"",
};

/// The type of the output samples, which is f32, f16 or bf16, and their layout.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) struct FloatOutput {
    sample: SampleType,
    /// The layout of the output channels.
    pub(crate) layout: Layout,
}

impl FloatOutput {
    /// The types that output samples can have.
    pub(crate) const SAMPLES: [SampleType; 3] =
        [SampleType::F32, SampleType::F16, SampleType::Bf16];

    /// Interleaved f32 samples.
    pub(crate) const DEFAULT: Self = FloatOutput {
        sample: SampleType::F32,
        layout: Layout::Interleaved,
    };

    /// This output with another type of samples.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for another type than [`FloatOutput::SAMPLES`].
    pub(crate) fn of_sample(
        self,
        operator: &'static str,
        sample: SampleType,
    ) -> Result<Self, OperatorError> {
        match Self::SAMPLES.contains(&sample) {
            true => Ok(FloatOutput { sample, ..self }),
            false => Err(OperatorError::Parameter {
                operator,
                parameter: "sample",
                got: sample.to_string(),
                expected: "f32, f16 or bf16".to_owned(),
            }),
        }
    }

    /// The type of the output samples.
    pub(crate) const fn sample(&self) -> SampleType {
        self.sample
    }

    /// The shape of the output for an input.
    pub(crate) fn shape(self, input: ImageShape) -> ImageShape {
        ImageShape {
            sample: self.sample,
            layout: self.layout,
            ..input
        }
    }

    /// The output that [`SAMPLE`] and [`LAYOUT`] say.
    pub(crate) fn of_values(values: &Values) -> Self {
        FloatOutput {
            sample: match values.name("sample") {
                "bf16" => SampleType::Bf16,
                "f16" => SampleType::F16,
                _ => SampleType::F32,
            },
            layout: match values.name("layout") {
                "planar" => Layout::Planar,
                _ => Layout::Interleaved,
            },
        }
    }

    /// The values of [`SAMPLE`] and [`LAYOUT`].
    pub(crate) fn values(self) -> [Value; 2] {
        let layout = match self.layout {
            Layout::Planar => "planar",
            Layout::Interleaved => "interleaved",
        };
        [self.sample.name().into(), layout.into()]
    }
}
