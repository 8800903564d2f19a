//! The image type of the references: interleaved samples without padding.

/// An image of interleaved samples without padding.
///
/// The sample of channel `c` at column `x` and row `y` is `data[(y * width + x) * channels + c]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image<T> {
    /// Columns, at least 1.
    pub width: usize,
    /// Rows, at least 1.
    pub height: usize,
    /// Samples per pixel, at least 1 (1 gray, 3 RGB or BGR, 4 RGBA).
    pub channels: usize,
    /// `width * height * channels` samples, row by row.
    pub data: Vec<T>,
}

impl<T: Copy> Image<T> {
    /// The image of these samples, which are in the order of [`Image`].
    ///
    /// # Panics
    /// When a dimension is 0 or `data` does not hold `width * height * channels` samples.
    pub fn new(width: usize, height: usize, channels: usize, data: Vec<T>) -> Self {
        assert!(
            width > 0 && height > 0 && channels > 0,
            "an image has at least one sample, got {width}x{height}x{channels}"
        );
        assert_eq!(
            data.len(),
            width * height * channels,
            "{width}x{height}x{channels} needs one sample for each channel of each pixel"
        );
        Self {
            width,
            height,
            channels,
            data,
        }
    }

    /// The image whose sample at each position is `sample(x, y, channel)`.
    ///
    /// # Panics
    /// When a dimension is 0.
    pub fn from_fn(
        width: usize,
        height: usize,
        channels: usize,
        mut sample: impl FnMut(usize, usize, usize) -> T,
    ) -> Self {
        let mut data = Vec::with_capacity(width * height * channels);
        for y in 0..height {
            for x in 0..width {
                for c in 0..channels {
                    data.push(sample(x, y, c));
                }
            }
        }
        Self::new(width, height, channels, data)
    }

    /// The sample of channel `c` at column `x` and row `y`.
    ///
    /// # Panics
    /// When the position is outside the image.
    pub fn at(&self, x: usize, y: usize, c: usize) -> T {
        assert!(x < self.width && y < self.height && c < self.channels);
        self.data[(y * self.width + x) * self.channels + c]
    }
}
