//! What is encoded, and how.

use crate::encode::error::EncodeError;

/// The longest side of an image in pixels that libjpeg-turbo writes and reads.
pub const MAX_SIDE: u32 = 65_500;

/// The resolution of the two color components of a color image, beside that of its luma. A gray image has none.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Subsampling {
    /// 4:4:4: full resolution.
    S444,
    /// 4:2:2: half the columns.
    S422,
    /// 4:2:0: half the columns and half the rows. The default of libjpeg-turbo, OpenCV and Pillow.
    #[default]
    S420,
    /// 4:4:0: half the rows.
    S440,
    /// 4:1:1: a quarter of the columns.
    S411,
}

impl Subsampling {
    /// All of them.
    pub const ALL: [Subsampling; 5] = [
        Subsampling::S444,
        Subsampling::S422,
        Subsampling::S420,
        Subsampling::S440,
        Subsampling::S411,
    ];

    /// The usual name, for example `4:2:0`.
    pub const fn name(self) -> &'static str {
        match self {
            Subsampling::S444 => "4:4:4",
            Subsampling::S422 => "4:2:2",
            Subsampling::S420 => "4:2:0",
            Subsampling::S440 => "4:4:0",
            Subsampling::S411 => "4:1:1",
        }
    }

    /// The sampling factors of the luma: luma samples per color sample, in columns and rows.
    pub(crate) const fn factors(self) -> (u8, u8) {
        match self {
            Subsampling::S444 => (1, 1),
            Subsampling::S422 => (2, 1),
            Subsampling::S420 => (2, 2),
            Subsampling::S440 => (1, 2),
            Subsampling::S411 => (4, 1),
        }
    }
}

/// How an image is encoded. The defaults are those of OpenCV's `imencode`.
///
/// A file is the one that libjpeg-turbo writes with the same settings: a baseline file with a JFIF header of version 1.01 without
/// a density, the quantization tables of T.81 scaled by the quality, and two Huffman tables per class (one for a gray image).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct EncodeOptions {
    /// The quality, 1 to 100: the scale of the quantization tables. 95 by default, as in OpenCV; Pillow's default is 75.
    pub quality: u8,
    /// The resolution of the color components. 4:2:0 by default.
    pub subsampling: Subsampling,
    /// Whether the Huffman tables are made for the image, which takes a second pass over its pixels and saves a few percent of
    /// the bytes; otherwise they are those of T.81, annex K.3. `false` by default.
    pub optimize: bool,
    /// MCUs from one restart marker to the next; 0, the default, for no restart markers.
    pub restart_interval: u16,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        EncodeOptions {
            quality: 95,
            subsampling: Subsampling::default(),
            optimize: false,
            restart_interval: 0,
        }
    }
}

/// The pixels of an image: rows of interleaved 8-bit samples.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The samples, from the first one of the first row on.
    pub data: &'a [u8],
    /// Bytes from a row to the next.
    pub pitch: usize,
    /// Width in pixels, 1 to [`MAX_SIDE`].
    pub width: u32,
    /// Height in pixels, 1 to [`MAX_SIDE`].
    pub height: u32,
    /// 1: gray; 3: RGB.
    pub channels: u32,
}

impl<'a> Source<'a> {
    /// The bytes of a row.
    fn row_bytes(&self) -> usize {
        self.width as usize * self.channels as usize
    }

    /// The samples of row `y`.
    pub(crate) fn row(&self, y: u32) -> &'a [u8] {
        let start = y as usize * self.pitch;
        &self.data[start..start + self.row_bytes()]
    }

    /// Refuses what cannot be encoded, so that [`Source::row`] has every row of the image.
    pub(crate) fn check(&self) -> Result<(), EncodeError> {
        let Source {
            data,
            pitch,
            width,
            height,
            channels,
        } = *self;
        let side = 1..=MAX_SIDE;
        if !side.contains(&width) || !side.contains(&height) {
            return Err(EncodeError::Size { width, height });
        }
        if channels != 1 && channels != 3 {
            return Err(EncodeError::Channels { channels });
        }
        let row = self.row_bytes();
        if pitch < row {
            return Err(EncodeError::Pitch { pitch, row });
        }
        let needed = pitch
            .saturating_mul(height as usize - 1)
            .saturating_add(row);
        if data.len() < needed {
            let given = data.len();
            return Err(EncodeError::Data { needed, given });
        }
        Ok(())
    }
}
