//! The descriptor of an image for the host.

use crate::contract::ImageValues;
use crate::image::{ImageParam, ImageShape};
use crate::mixed::{ChainImage, MAX_OPERATORS, MixedError};
use bytemuck::{Pod, Zeroable};
use pixelflume_device::Address;

/// The most parameters whose values a descriptor has.
const MOST_SETS: usize = 8;
/// The most values of a descriptor.
const MOST_VALUES: usize = 22;

/// The contents of a descriptor for the host: the image, and all that its operators depend on.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(super) struct HostRecord {
    base: u64,
    row_pitch: u64,
    index: u64,
    epoch: u64,
    width: u32,
    height: u32,
    sets: [ValueSet; MOST_SETS],
    /// The number of sets.
    set_count: u32,
    reserved: u32,
    /// The values of all sets, one after the other.
    values: [f64; MOST_VALUES],
}

/// The values that were given for one parameter of the image.
#[derive(Copy, Clone, Debug, Default, Pod, Zeroable)]
#[repr(C)]
struct ValueSet {
    /// The position of the operator in the chain.
    operator: u8,
    /// The position of the parameter in the operator's spec.
    parameter: u8,
    /// The number of values.
    count: u8,
    reserved: u8,
}

impl HostRecord {
    /// The record of an image for a chain of this many operators.
    ///
    /// # Errors
    /// [`MixedError::NotMixed`] for more values than a descriptor holds.
    pub(super) fn of(image: &ChainImage<'_>, operators: usize) -> Result<Self, MixedError> {
        let mut record = HostRecord {
            base: image.base.raw(),
            row_pitch: image.row_pitch as u64,
            index: image.index,
            epoch: image.epoch,
            width: image.shape.width,
            height: image.shape.height,
            ..HostRecord::zeroed()
        };
        let mut used = 0;
        for operator in 0..operators {
            for set in image.context(operator, image.shape).values {
                let context = image.context(operator, image.shape);
                // Where values are missing for the image, the operator says so.
                let Some(values) = context.given(set.parameter) else {
                    continue;
                };
                let (slot, end) = (record.set_count as usize, used + values.len());
                let fits = slot < MOST_SETS && end <= MOST_VALUES && set.parameter <= 255;
                if !fits {
                    return Err(MixedError::NotMixed(format!(
                        "{end} values were given for {} parameters of the image's operators; a descriptor holds {MOST_VALUES} \
                         for {MOST_SETS}",
                        slot + 1
                    )));
                }
                record.sets[slot] = ValueSet {
                    operator: operator as u8,
                    parameter: set.parameter as u8,
                    count: values.len() as u8,
                    reserved: 0,
                };
                record.values[used..end].copy_from_slice(values);
                record.set_count += 1;
                used = end;
            }
        }
        Ok(record)
    }

    /// The image's memory, as an argument of a host executor: rows of bytes. `like` is an image of the same channels, sample type
    /// and layout.
    pub(super) fn byte_param(&self, like: ImageShape) -> ImageParam {
        let shape = self.shape(like);
        ImageParam {
            base: self.base,
            row_pitch: self.row_pitch,
            batch_stride: 0,
            width: shape.row_bytes() as u32,
            height: shape.rows() as u32,
            channels: 1,
            batch: 1,
        }
    }

    fn shape(&self, like: ImageShape) -> ImageShape {
        ImageShape {
            width: self.width,
            height: self.height,
            ..like
        }
    }

    /// Calls `f` with the image that the record was made of, and this number of its frame. Its values are those of one frame.
    pub(super) fn with_image<R>(
        &self,
        like: ImageShape,
        f: impl FnOnce(&ChainImage<'_>) -> R,
    ) -> R {
        let mut sets = [ImageValues {
            parameter: 0,
            count: 0,
            values: &[],
        }; MOST_SETS];
        let mut of_operator = [(0, 0); MAX_OPERATORS];
        let mut used = 0;
        let count = (self.set_count as usize).min(MOST_SETS);
        for (index, (set, from)) in sets.iter_mut().zip(&self.sets[..count]).enumerate() {
            let end = (used + usize::from(from.count)).min(MOST_VALUES);
            *set = ImageValues {
                parameter: from.parameter.into(),
                count: from.count.into(),
                values: &self.values[used..end],
            };
            used = end;
            // The sets of an operator are side by side.
            if let Some(range) = of_operator.get_mut(usize::from(from.operator)) {
                if range.1 == 0 {
                    range.0 = index;
                }
                range.1 = index + 1;
            }
        }
        let values = of_operator.map(|(start, end)| &sets[start..end]);
        f(&ChainImage {
            shape: self.shape(like),
            base: Address::new(self.base),
            row_pitch: self.row_pitch as usize,
            index: self.index,
            epoch: self.epoch,
            frame: 0,
            values: &values,
        })
    }
}
