//! Rectangles of images.

use crate::contract::checks::MAX_SIDE;
use crate::contract::stage::{GatherMap, GatherStep};
use crate::contract::{ImageContext, OperatorError};
use crate::image::ImageShape;
use crate::spec::{INPUT, ParameterDefault, ParameterSpec, ParameterType, Value, Values};

/// A rectangle of pixels of an image.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub struct CropBox {
    /// The first column.
    pub x: u32,
    /// The first row.
    pub y: u32,
    /// The number of columns.
    pub width: u32,
    /// The number of rows.
    pub height: u32,
}

/// The name of the parameter, and its position among the parameters of the operators that have it.
const BOX: (usize, &str) = (0, "box");

/// The values of a box for all images.
static NUMBERS: ParameterType = ParameterType::Numbers {
    count: Some(4),
    range: "integers from 0 to 65536",
};

impl CropBox {
    /// The rectangle of `width` x `height` pixels whose top left pixel is at column `x` and row `y`.
    pub const fn new(x: u32, y: u32, width: u32, height: u32) -> Self {
        CropBox {
            x,
            y,
            width,
            height,
        }
    }

    /// The numbers x, y, width, height, as the values of a parameter that is given for each image.
    pub fn numbers(&self) -> [f64; 4] {
        [self.x, self.y, self.width, self.height].map(f64::from)
    }

    /// The rectangle of the numbers x, y, width, height; `None` where one of them is no integer from 0 to 65536.
    fn of(numbers: [f64; 4]) -> Option<Self> {
        let possible = |number: &f64| number.fract() == 0.0 && (0.0..=65536.0).contains(number);
        let [x, y, width, height] = numbers.map(|number| number as u32);
        numbers.iter().all(possible).then_some(CropBox {
            x,
            y,
            width,
            height,
        })
    }

    /// The entry of `box`, the first parameter of an operator, in the specs.
    pub(crate) const fn parameter(doc: &'static str) -> ParameterSpec {
        ParameterSpec {
            name: BOX.1,
            value_type: ParameterType::OrInput(&NUMBERS),
            default: ParameterDefault::Required,
            unit: "pixels",
            doc,
            example: "box = [16, 8, 320, 240]",
        }
    }

    /// Reads `box` from the values of an operator; `None` where it is given for each image.
    pub(crate) fn of_values(
        operator: &'static str,
        values: &Values,
    ) -> Result<Option<Self>, OperatorError> {
        if values.is_input(BOX.1) {
            return Ok(None);
        }
        match CropBox::of(values.array(BOX.1)) {
            Some(found) => Ok(Some(found)),
            None => Err(OperatorError::Parameter {
                operator,
                parameter: BOX.1,
                got: values.text(BOX.1),
                expected: NUMBERS.to_string(),
            }),
        }
    }

    /// The value of `box`: the rectangle for all images, or that it is given for each image.
    pub(crate) fn value(of_all: Option<CropBox>) -> Value {
        match of_all {
            Some(of_all) => of_all.numbers().into(),
            None => INPUT.into(),
        }
    }

    /// The rectangle that was given for an image.
    ///
    /// # Errors
    /// [`OperatorError::Given`] where none was given, or the numbers are no rectangle inside the image with sides of `least` or more
    /// pixels.
    pub(crate) fn of_image(
        operator: &'static str,
        image: &ImageContext<'_>,
        least: u32,
    ) -> Result<Self, OperatorError> {
        let meaning = "x, y, width and height of the rectangle in pixels";
        let numbers: [f64; 4] = image.numbers(operator, BOX, meaning)?;
        let found = CropBox::of(numbers)
            .filter(|found| found.width.min(found.height) >= least && found.is_inside(image.shape));
        found.ok_or_else(|| {
            let (width, height) = (image.shape.width, image.shape.height);
            let expected = format!(
                "give integers x, y, width, height of a rectangle with sides of at least {least} inside the {width}x{height} pixels of the image"
            );
            OperatorError::given(operator, BOX.1, format!("{numbers:?}"), expected)
        })
    }

    /// Refuses a rectangle for all images that lies beyond the largest image, or has a side of fewer than `least` pixels.
    pub(crate) fn check(self, operator: &'static str, least: u32) -> Result<Self, OperatorError> {
        let end = |first: u32, side: u32| u64::from(first) + u64::from(side);
        let furthest = end(self.x, self.width).max(end(self.y, self.height));
        if self.width.min(self.height) >= least && furthest <= u64::from(MAX_SIDE) {
            return Ok(self);
        }
        Err(OperatorError::Parameter {
            operator,
            parameter: BOX.1,
            got: format!("{:?}", [self.x, self.y, self.width, self.height]),
            expected: format!(
                "x, y, width, height in pixels, with sides of at least {least}, that end at {MAX_SIDE} or before"
            ),
        })
    }

    /// Whether the whole rectangle is inside an image of this shape.
    fn is_inside(self, shape: ImageShape) -> bool {
        let ends_inside =
            |first: u32, side: u32, whole: u32| first <= whole && side <= whole - first;
        ends_inside(self.x, self.width, shape.width)
            && ends_inside(self.y, self.height, shape.height)
    }

    /// The crop of images of this shape, which hold the whole rectangle, to it.
    pub(crate) fn step(self, image: ImageShape) -> GatherStep {
        GatherStep {
            map: GatherMap {
                // Sides are at most 65536.
                left: -(self.x as i32),
                top: -(self.y as i32),
                ..GatherMap::identity(image)
            },
            output: (self.width, self.height),
        }
    }

    /// Refuses an image that does not hold the whole rectangle.
    pub(crate) fn check_image(
        self,
        operator: &'static str,
        image: ImageShape,
    ) -> Result<(), OperatorError> {
        if self.is_inside(image) {
            return Ok(());
        }
        let CropBox {
            x,
            y,
            width,
            height,
        } = self;
        // The ends are at most twice 65536.
        Err(OperatorError::Shape {
            operator,
            got: image,
            reason: format!(
                "it does not hold the columns {x}..{} and the rows {y}..{}",
                x + width,
                y + height
            ),
        })
    }
}
