//! The frame: size, components and their blocks.

use crate::error::{Fault, JpegError, Stop, Unsupported};

/// The most samples of a row or column that libjpeg-turbo decodes.
pub(crate) const MAX_SIDE: u32 = 65_500;

/// How the coefficients of a frame are divided into scans.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Process {
    /// Every scan has whole coefficients: baseline and extended sequential coding.
    Sequential,
    /// A scan has some coefficients, or some bits of them.
    Progressive,
}

/// A component of a frame, as the frame header describes it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Component {
    /// Identifier, by which scans name the component.
    pub id: u8,
    /// Horizontal sampling factor, 1 to 4.
    pub h: u8,
    /// Vertical sampling factor, 1 to 4.
    pub v: u8,
    /// Slot of the quantizer.
    pub quantizer: u8,
}

/// The size of an image and its components. A frame that exists can be decoded: it has 1, 3 or 4 components whose factors divide
/// the largest ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Frame {
    width: u32,
    height: u32,
    process: Process,
    components: [Component; 4],
    count: u8,
    max_h: u8,
    max_v: u8,
}

impl Frame {
    /// A frame of `width` x `height` pixels.
    ///
    /// # Errors
    /// [`JpegError::Unsupported`] and [`JpegError::Invalid`] (with the offset 0) for a frame that libjpeg-turbo refuses.
    pub fn new(
        width: u32,
        height: u32,
        process: Process,
        components: &[Component],
    ) -> Result<Self, JpegError> {
        Self::of(width, height, process, components).map_err(|stop| stop.at(0))
    }

    pub(crate) fn of(
        width: u32,
        height: u32,
        process: Process,
        components: &[Component],
    ) -> Result<Self, Stop> {
        if width == 0 || height == 0 {
            return Err(Fault::Empty { width, height }.into());
        }
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(Unsupported::Size { width, height }.into());
        }
        if !matches!(components.len(), 1 | 3 | 4) {
            let count = u8::try_from(components.len()).unwrap_or(u8::MAX);
            return Err(Unsupported::Components { count }.into());
        }
        let (mut max_h, mut max_v) = (1, 1);
        for (component, &Component { h, v, .. }) in components.iter().enumerate() {
            if !(1..=4).contains(&h) || !(1..=4).contains(&v) {
                return Err(Fault::Factors { component, h, v }.into());
            }
            (max_h, max_v) = (max_h.max(h), max_v.max(v));
        }
        for (component, &Component { h, v, .. }) in components.iter().enumerate() {
            if max_h % h != 0 || max_v % v != 0 {
                return Err(Unsupported::Ratio {
                    component,
                    h,
                    v,
                    max_h,
                    max_v,
                }
                .into());
            }
        }
        let mut all = [Component {
            h: 1,
            v: 1,
            ..Component::default()
        }; 4];
        all[..components.len()].copy_from_slice(components);
        Ok(Self {
            width,
            height,
            process,
            components: all,
            count: components.len() as u8,
            max_h,
            max_v,
        })
    }

    /// Width in pixels, 1 to 65500.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels, 1 to 65500.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// How the coefficients are divided into scans.
    #[must_use]
    pub fn process(&self) -> Process {
        self.process
    }

    /// The components, 1, 3 or 4, in the order of the frame header.
    #[must_use]
    pub fn components(&self) -> &[Component] {
        &self.components[..usize::from(self.count)]
    }

    /// Columns and rows of the MCUs of a scan of all components.
    #[must_use]
    pub fn mcus(&self) -> (u32, u32) {
        (
            self.width.div_ceil(8 * u32::from(self.max_h)),
            self.height.div_ceil(8 * u32::from(self.max_v)),
        )
    }

    /// Width and height of a component in samples.
    ///
    /// # Panics
    /// For a component that the frame does not have, like the following ones.
    #[must_use]
    pub fn samples(&self, component: usize) -> (u32, u32) {
        let Component { h, v, .. } = self.components()[component];
        (
            (self.width * u32::from(h)).div_ceil(u32::from(self.max_h)),
            (self.height * u32::from(v)).div_ceil(u32::from(self.max_v)),
        )
    }

    /// Columns and rows of the blocks of a component that have samples of the image: all of a scan of this component alone.
    #[must_use]
    pub fn blocks(&self, component: usize) -> (u32, u32) {
        let Component { h, v, .. } = self.components()[component];
        (
            (self.width * u32::from(h)).div_ceil(8 * u32::from(self.max_h)),
            (self.height * u32::from(v)).div_ceil(8 * u32::from(self.max_v)),
        )
    }

    /// Columns and rows of the blocks of a component in whole MCUs.
    #[must_use]
    pub fn stored_blocks(&self, component: usize) -> (u32, u32) {
        let Component { h, v, .. } = self.components()[component];
        let (columns, rows) = self.mcus();
        (columns * u32::from(h), rows * u32::from(v))
    }

    /// Pixels of the image for a sample of the component, horizontally and vertically.
    #[must_use]
    pub fn ratio(&self, component: usize) -> (u32, u32) {
        let Component { h, v, .. } = self.components()[component];
        (u32::from(self.max_h / h), u32::from(self.max_v / v))
    }

    /// The blocks of all components in whole MCUs.
    #[must_use]
    pub fn all_stored_blocks(&self) -> u64 {
        (0..self.components().len())
            .map(|component| {
                let (columns, rows) = self.stored_blocks(component);
                u64::from(columns) * u64::from(rows)
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(width: u32, height: u32, factors: &[(u8, u8)]) -> Result<Frame, JpegError> {
        let components = factors.iter().map(|&(h, v)| Component {
            id: 0,
            h,
            v,
            quantizer: 0,
        });
        let components: Vec<_> = components.collect();
        Frame::new(width, height, Process::Sequential, &components)
    }

    #[test]
    fn blocks_and_samples_are_those_of_the_factors() {
        let frame = frame(35, 17, &[(2, 2), (1, 1), (1, 2)]).unwrap();
        assert_eq!(frame.mcus(), (3, 2));
        assert_eq!(
            [0, 1, 2].map(|c| frame.samples(c)),
            [(35, 17), (18, 9), (18, 17)]
        );
        assert_eq!([0, 1, 2].map(|c| frame.blocks(c)), [(5, 3), (3, 2), (3, 3)]);
        assert_eq!(
            [0, 1, 2].map(|c| frame.stored_blocks(c)),
            [(6, 4), (3, 2), (3, 4)]
        );
        assert_eq!([0, 1, 2].map(|c| frame.ratio(c)), [(1, 1), (2, 2), (2, 1)]);
        assert_eq!(frame.all_stored_blocks(), 24 + 6 + 12);
    }

    #[test]
    fn frames_that_libjpeg_turbo_does_not_decode_are_refused() {
        let ok = |width, height, factors: &[(u8, u8)]| frame(width, height, factors).is_ok();
        assert!(ok(1, 1, &[(4, 4)]) && ok(65_500, 65_500, &[(1, 1); 4]));
        assert!(!ok(0, 1, &[(1, 1)]) && !ok(1, 0, &[(1, 1)]) && !ok(65_501, 1, &[(1, 1)]));
        assert!(!ok(1, 1, &[]) && !ok(1, 1, &[(1, 1); 2]) && !ok(1, 1, &[(1, 1); 5]));
        assert!(!ok(1, 1, &[(0, 1)]) && !ok(1, 1, &[(1, 5)]));
        assert!(!ok(1, 1, &[(3, 1), (2, 1), (1, 1)]) && ok(1, 1, &[(4, 1), (2, 1), (1, 1)]));
    }
}
