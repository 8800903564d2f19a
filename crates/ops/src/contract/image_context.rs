//! The image that an operator is asked about whose effect differs from image to image.

use crate::contract::OperatorError;
use crate::image::ImageShape;

/// One image of a batch, as a node reads it: what an operator may depend on whose effect differs from image to image.
///
/// A random operator depends on the seed among its parameters, [`ImageContext::epoch`] and [`ImageContext::index`] alone, so that
/// an image gets the same numbers whatever batch it is in, on every device, and in every order.
#[derive(Copy, Clone, Debug)]
pub struct ImageContext<'a> {
    /// The shape of the image that the node reads.
    pub shape: ImageShape,
    /// The largest width and the largest height, in pixels, of the images that the node reads in this batch.
    pub largest: (u32, u32),
    /// The number of the image in its data set.
    pub index: u64,
    /// The number of the pass over the data set.
    pub epoch: u64,
    /// The position of the image in its batch, from 0.
    pub frame: usize,
    /// The values that were given for each image of the batch, for parameters of this node.
    pub values: &'a [ImageValues<'a>],
}

/// The values of one parameter of a node for all images of a batch.
#[derive(Copy, Clone, Debug)]
pub struct ImageValues<'a> {
    /// The parameter, by its position among the parameters of the operator's spec.
    pub parameter: usize,
    /// The number of values for an image, for example 4 of a box.
    pub count: usize,
    /// `count` values for the first image, then those of the next one.
    pub values: &'a [f64],
}

impl<'a> ImageContext<'a> {
    /// The first image of a batch of this shape alone, with the index and the epoch 0, without given values.
    pub fn first(shape: ImageShape) -> ImageContext<'static> {
        ImageContext {
            shape,
            largest: (shape.width, shape.height),
            index: 0,
            epoch: 0,
            frame: 0,
            values: &[],
        }
    }

    /// The values that were given for a parameter of this image, by the parameter's position in the operator's spec; `None` where
    /// none were given.
    pub fn given(&self, parameter: usize) -> Option<&'a [f64]> {
        let values = self
            .values
            .iter()
            .find(|values| values.parameter == parameter)?;
        let start = self.frame.checked_mul(values.count)?;
        values.values.get(start..start.checked_add(values.count)?)
    }

    /// The `N` values that were given for a parameter of this image, by the parameter's position in the operator's spec, its name,
    /// and their meaning in words.
    ///
    /// # Errors
    /// [`OperatorError::Given`] where none or another number of them were given.
    pub(crate) fn numbers<const N: usize>(
        &self,
        operator: &'static str,
        (position, parameter): (usize, &'static str),
        meaning: &str,
    ) -> Result<[f64; N], OperatorError> {
        let given = self.given(position);
        let numbers = given.and_then(|given| given.try_into().ok());
        numbers.ok_or_else(|| {
            let got = match given {
                Some(given) => format!("{} number(s)", given.len()),
                None => "not given".to_owned(),
            };
            let expected = format!("give {N} for each image of the batch: {meaning}");
            OperatorError::given(operator, parameter, got, expected)
        })
    }
}
