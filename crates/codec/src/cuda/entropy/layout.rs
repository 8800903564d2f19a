//! The device memory of a batch: where each of its parts begins.

use pixelflume_device::Address;
use pixelflume_kernels::args::{JpegEntropySizes, JpegScan};

/// All parts begin at multiples of this.
const ALIGNMENT: u64 = 16;

/// Lengths of the lists that the images of a batch share: sums over the images, and in the descriptor of an image the sums over those
/// before it.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Lists {
    pub(super) stream_bytes: u64,
    pub(super) segments: u64,
    pub(super) chunks: u64,
    pub(super) windows: u64,
    pub(super) parts: u64,
    pub(super) groups: u64,
}

impl Lists {
    /// The lengths with those of `scan`, which is decoded in windows of `window_bits`.
    pub(super) fn with(self, scan: &JpegScan, window_bits: u32) -> Self {
        let bytes = u64::from(scan.data_end - scan.data);
        let unit = u64::from(scan.data) % ALIGNMENT;
        // An image has something in every list, so that no grid is empty and each image is judged.
        let windows = (bytes * 8).div_ceil(window_bits.into()).max(1);
        let of_part = JpegEntropySizes::GUESSES / scan.mcu_blocks;
        Lists {
            stream_bytes: self.stream_bytes
                + (bytes + u64::from(JpegEntropySizes::PADDING)).next_multiple_of(ALIGNMENT),
            segments: self.segments + u64::from(scan.segment_count) + 1,
            chunks: self.chunks
                + (unit + bytes)
                    .div_ceil(JpegEntropySizes::CHUNK_BYTES.into())
                    .max(1),
            windows: self.windows + windows,
            parts: self.parts + windows.div_ceil(of_part.into()),
            groups: self.groups + windows.div_ceil(JpegEntropySizes::WRITE_THREADS.into()),
        }
    }

    /// Whether all numbers fit 32 bits, and grids CUDA's bound of blocks.
    pub(super) fn fit(&self) -> bool {
        let all = [self.stream_bytes, self.segments, self.windows];
        let blocks = [self.chunks, self.parts, self.groups];
        all.iter().all(|&n| n <= u32::MAX.into()) && blocks.iter().all(|&n| n <= i32::MAX as u64)
    }
}

/// The device memory that a batch needs, in bytes, besides its files and its coefficients. Both buffers begin at multiples of 16.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
pub struct Layout {
    /// Of what the host writes and uploads: statuses, descriptors and tables.
    pub blob_bytes: usize,
    /// Of what the kernels keep for one another. It needs no content.
    pub workspace_bytes: usize,
    /// Statuses at the beginning of the blob: one u32 for each image.
    pub status_bytes: usize,
    pub(super) scans: u64,
    pub(super) tables: u64,
    pub(super) segments: u64,
    pub(super) chunks: u64,
    pub(super) windows: u64,
    pub(super) starts: u64,
    pub(super) pieces: u64,
    pub(super) meetings: u64,
}

impl Layout {
    /// The layout for `images` images with these lists, this many pieces of a window and this many table entries; `None` where the
    /// bytes are too many to count.
    pub(super) fn new(
        images: usize,
        lists: &Lists,
        pieces: u32,
        table_entries: usize,
    ) -> Option<Self> {
        let mut blob = Ends(0);
        let status_bytes = images as u64 * 4;
        blob.part(status_bytes);
        let scans = blob.part((images as u64 + 1) * size_of::<JpegScan>() as u64);
        let tables = blob.part(table_entries as u64 * 2);
        let mut workspace = Ends(0);
        workspace.part(lists.stream_bytes);
        let segments = workspace.part(lists.segments * 4);
        let chunks = workspace.part(lists.chunks * 16);
        let windows = workspace.part(lists.windows * 16);
        let starts = workspace.part(lists.windows * 16);
        let piece_bytes = u64::from(pieces * JpegEntropySizes::PIECE_BYTES);
        let pieces = workspace.part(lists.windows * piece_bytes);
        let meetings = workspace.part(lists.windows * u64::from(JpegEntropySizes::MEETING_BYTES));
        Some(Layout {
            blob_bytes: usize::try_from(blob.0).ok()?,
            workspace_bytes: usize::try_from(workspace.0).ok()?,
            status_bytes: usize::try_from(status_bytes).ok()?,
            scans,
            tables,
            segments,
            chunks,
            windows,
            starts,
            pieces,
            meetings,
        })
    }
}

/// Parts one behind the other.
struct Ends(u64);

impl Ends {
    /// Where a part of this many bytes begins.
    fn part(&mut self, bytes: u64) -> u64 {
        let begin = self.0;
        self.0 = (begin + bytes).next_multiple_of(ALIGNMENT);
        begin
    }
}

/// The device memory of a batch. All addresses are multiples of 16.
#[derive(Copy, Clone, Debug)]
pub struct Buffers {
    /// The bytes of the files, up to a multiple of 16 behind the end of the last one: the kernels read units of 16 bytes, but use those
    /// of the files alone.
    pub bytes: Address,
    /// [`Layout::blob_bytes`], uploaded.
    pub blob: Address,
    /// [`Layout::workspace_bytes`].
    pub workspace: Address,
    /// The coefficients, 128 bytes for each block.
    pub coefficients: Address,
}
