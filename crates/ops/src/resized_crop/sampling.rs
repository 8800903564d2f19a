//! The resize behind a crop: the parameters `interpolation`, `filter` and `like`.

use crate::contract::{OperatorError, Plan};
use crate::image::ImageShape;
use crate::resample::{Resample, ResampleFilter, ResampleLike, ResampleSize};
use crate::resize::{Interpolation, Resize};
use crate::spec::{ParameterDefault, ParameterSpec, Value, Values, choice};
use std::sync::Arc;

/// The way in which a crop is brought to its size.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum Sampling {
    /// As [`Resize`] does it.
    Resize(Interpolation),
    /// As [`Resample`] does it: antialiased.
    Resample(ResampleFilter, ResampleLike),
}

impl Default for Sampling {
    /// Bilinear as in OpenCV.
    fn default() -> Self {
        Sampling::Resize(Interpolation::Bilinear)
    }
}

/// The entry of `interpolation` in the specs.
pub(crate) const INTERPOLATION: ParameterSpec = ParameterSpec {
    name: "interpolation",
    value_type: choice!(Interpolation),
    default: ParameterDefault::Derived("bilinear, where there is no `filter`"),
    unit: "",
    doc: "The interpolation of `resize` that brings the crop to its size. `cubic` equals OpenCV to within 1, the others bit for bit.",
    example: "interpolation = \"bilinear\"",
};

/// The entry of `filter` in the specs.
pub(crate) const FILTER: ParameterSpec = ParameterSpec {
    name: "filter",
    value_type: choice!(ResampleFilter),
    default: ParameterDefault::Derived("none, where `interpolation` is used"),
    unit: "",
    doc: "The filter of `resample` that brings the crop to its size, antialiased, with `like` and without `interpolation`.",
    example: "filter = \"bicubic\"",
};

/// The entry of `like` in the specs.
pub(crate) const LIKE: ParameterSpec = ParameterSpec {
    name: "like",
    value_type: choice!(ResampleLike),
    default: ParameterDefault::Derived("none, where `interpolation` is used"),
    unit: "",
    doc: "The library whose samples a `filter` makes, as in `resample`.",
    example: "like = \"torchvision\"",
};

impl Sampling {
    /// Reads [`INTERPOLATION`], [`FILTER`] and [`LIKE`] from the values of an operator.
    pub(crate) fn of_values(
        operator: &'static str,
        values: &Values,
    ) -> Result<Self, OperatorError> {
        let refuse = |parameter: &'static str, expected: &str| {
            Err(OperatorError::Parameter {
                operator,
                parameter,
                got: values.text(parameter),
                expected: expected.to_owned(),
            })
        };
        let [interpolation, filter, like] =
            ["interpolation", "filter", "like"].map(|name| values.is_given(name));
        match (interpolation, filter, like) {
            (false, false, false) => Ok(Sampling::default()),
            (true, false, false) => Ok(Sampling::Resize(values.choice("interpolation")?)),
            (true, true, _) => refuse("filter", "leave it out, or leave out `interpolation`"),
            (true, false, true) => refuse("like", "leave it out, or leave out `interpolation`"),
            (false, true, false) => refuse("like", "name the library that `filter` is of"),
            (false, false, true) => refuse("filter", "name the filter of the library of `like`"),
            (false, true, true) => {
                let sampling = Sampling::Resample(values.choice("filter")?, values.choice("like")?);
                sampling.check(operator)?;
                Ok(sampling)
            }
        }
    }

    /// The values of [`INTERPOLATION`], [`FILTER`] and [`LIKE`].
    pub(crate) fn values(self) -> [Value; 3] {
        match self {
            Sampling::Resize(interpolation) => {
                [interpolation.into(), Value::Default, Value::Default]
            }
            Sampling::Resample(filter, like) => [Value::Default, filter.into(), like.into()],
        }
    }

    /// Refuses a filter that the library does not have.
    pub(crate) fn check(self, operator: &'static str) -> Result<(), OperatorError> {
        match self {
            Sampling::Resize(_) => Ok(()),
            Sampling::Resample(filter, like) => like.check_filter(operator, filter),
        }
    }

    /// The plan for a crop of this shape, to `width` x `height` pixels.
    pub(super) fn plan(
        self,
        crop: ImageShape,
        (width, height): (u32, u32),
    ) -> Result<Arc<dyn Plan>, OperatorError> {
        match self {
            Sampling::Resize(interpolation) => {
                let resize = Resize::new(width, height)?.interpolation(interpolation);
                resize.own_plan(&[crop])
            }
            Sampling::Resample(filter, like) => {
                let size = ResampleSize::Exact { width, height };
                Resample::new(size, filter, like)?.own_plan(&[crop])
            }
        }
    }
}
