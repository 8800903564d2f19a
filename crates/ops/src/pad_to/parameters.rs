//! The parameters of `pad_to` and `pad_mask`: setters and getters, and their entries in the specs.

use super::size::{PadPosition, PadSize};
use crate::contract::OperatorError;
use crate::gather::PadValue;
use crate::spec::{
    ParameterDefault, ParameterSpec, ParameterType, Value, Values, choice, value_from_choice,
};
use std::borrow::Cow;

/// Adds the setters and getters of its [`PadSize`] to an operator.
macro_rules! size_parameters {
    ($operator:ident) => {
        impl $operator {
            /// Sets width and height of the output, each 1 to 65536.
            ///
            /// # Errors
            /// [`OperatorError::Parameter`] when a side is not 1 to 65536.
            pub fn size(self, width: u32, height: u32) -> Result<Self, OperatorError> {
                self.sides(Some(width), Some(height))
            }

            /// Sets width and height of the output, each 1 to 65536, or `None` for that of the image.
            ///
            /// # Errors
            /// [`OperatorError::Parameter`] when a side is not 1 to 65536.
            pub fn sides(
                mut self,
                width: Option<u32>,
                height: Option<u32>,
            ) -> Result<Self, OperatorError> {
                self.size = self.size.sides(KIND, width, height)?;
                Ok(self)
            }

            /// Sets whether both sides become the larger of the two.
            #[must_use]
            pub const fn square(mut self, square: bool) -> Self {
                self.size.square = square;
                self
            }

            /// Sets the number of which both sides become multiples, 1 to 65536.
            ///
            /// # Errors
            /// [`OperatorError::Parameter`] when it is not 1 to 65536.
            pub fn multiple(mut self, multiple: u32) -> Result<Self, OperatorError> {
                self.size = self.size.multiple(KIND, multiple)?;
                Ok(self)
            }

            /// Sets the place of the image in its padding; the top left by default.
            #[must_use]
            pub const fn position(mut self, position: PadPosition) -> Self {
                self.size.position = position;
                self
            }

            /// Width of the output in pixels; `None` for that of the image.
            pub const fn width(&self) -> Option<u32> {
                self.size.width
            }

            /// Height of the output in pixels; `None` for that of the image.
            pub const fn height(&self) -> Option<u32> {
                self.size.height
            }

            /// Whether both sides become the larger of the two.
            pub const fn is_square(&self) -> bool {
                self.size.square
            }

            /// The number of which both sides are multiples, in pixels; 1 by default.
            pub const fn multiple_of(&self) -> u32 {
                self.size.multiple
            }

            /// The place of the image in its padding.
            pub const fn image_position(&self) -> PadPosition {
                self.size.position
            }
        }
    };
}

pub(crate) use size_parameters;

value_from_choice!(PadPosition);

const fn side(name: &'static str, doc: &'static str, example: &'static str) -> ParameterSpec {
    ParameterSpec {
        name,
        value_type: ParameterType::SIDE,
        default: ParameterDefault::Derived("that of the image"),
        unit: "pixels",
        doc,
        example,
    }
}

/// The entry of `width` in the specs.
pub(crate) const WIDTH: ParameterSpec = side("width", "Width of the output.", "width = 1024");

/// The entry of `height` in the specs.
pub(crate) const HEIGHT: ParameterSpec = side("height", "Height of the output.", "height = 1024");

/// The entry of `square` in the specs.
pub(crate) const SQUARE: ParameterSpec = ParameterSpec {
    name: "square",
    value_type: ParameterType::Flag,
    default: ParameterDefault::Value(Value::Flag(false)),
    unit: "",
    doc: "Whether both sides become the larger of the two.",
    example: "square = true",
};

/// The entry of `multiple` in the specs.
pub(crate) const MULTIPLE: ParameterSpec = ParameterSpec {
    name: "multiple",
    value_type: ParameterType::SIDE,
    default: ParameterDefault::Value(Value::Integer(1)),
    unit: "pixels",
    doc: "Both sides are rounded up to multiples of this number, after `square`.",
    example: "multiple = 32",
};

/// The entry of `position` in the specs.
pub(crate) const POSITION: ParameterSpec = ParameterSpec {
    name: "position",
    value_type: choice!(PadPosition),
    default: ParameterDefault::Value(Value::Name(Cow::Borrowed("top_left"))),
    unit: "",
    doc: "Where the image lies: `top_left` pads at the right and the bottom, `center` at all sides.",
    example: "position = \"center\"",
};

/// The entry of `value` in the specs of the operators that pad.
pub(crate) const VALUE: ParameterSpec = ParameterSpec {
    name: "value",
    value_type: ParameterType::Numbers {
        count: None,
        range: PadValue::RANGE,
    },
    default: ParameterDefault::Value(Value::Numbers(Cow::Borrowed(&[0.0]))),
    unit: "samples",
    doc: "Samples of the padding.",
    example: "value = 0",
};

/// Reads the size from the values of an operator.
pub(crate) fn size(operator: &'static str, values: &Values) -> Result<PadSize, OperatorError> {
    let [width, height] = ["width", "height"].map(|side| values.derived_integer(side));
    let size = PadSize {
        square: values.flag("square"),
        position: values.choice("position")?,
        ..PadSize::default()
    };
    let size = size.sides(operator, width, height)?;
    size.multiple(operator, values.integer("multiple"))
}

/// The values of a size: width, height, square, multiple, position.
pub(crate) fn values(size: &PadSize) -> [Value; 5] {
    let side = |side: Option<u32>| side.map_or(Value::Default, Value::from);
    [
        side(size.width),
        side(size.height),
        size.square.into(),
        size.multiple.into(),
        size.position.into(),
    ]
}
