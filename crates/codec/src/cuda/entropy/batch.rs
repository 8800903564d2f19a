//! The scans of a batch as the kernels read them, and the launches.

use crate::cuda::entropy::functions::Functions;
use crate::cuda::entropy::layout::{Buffers, Layout, Lists};
use crate::cuda::entropy::scan::{Refused, described};
use crate::cuda::entropy::table_sets::{Placed, Tables};
use crate::cuda::entropy::tables::{Codes, MOST_ENTRIES, NO_CODES};
use bytemuck::Zeroable;
use pixelflume_device::{Args, Grid, Launch};
use pixelflume_jpeg::Baseline;
use pixelflume_kernels::args::{JpegEntropyArgs, JpegEntropySizes, JpegScan};

/// The number of windows that is aimed at within [`CHOSEN_BITS`]: as many threads hide the latencies of a decoder's steps. But a window
/// has about an MCU at least, since it takes a decoder that long to find its state.
const PARALLEL_WINDOWS: u64 = 100_000;
/// The bounds of the bits of a window that is chosen by the bytes of a batch: with shorter ones more wrong guesses are decoded, longer
/// ones leave the device idle.
const CHOSEN_BITS: (u64, u64) = (512, 4096);
/// The bounds of the bits of a window.
const WINDOW_BITS: (u32, u32) = (256, 8192);
/// The least bits of a piece, and the most pieces of a window.
const PIECE_BITS: u32 = 128;
const MOST_PIECES: u32 = 16;

/// The scans of a batch. It is used again for the next batch, and keeps its memory and the Huffman tables of many files.
#[derive(Debug, Default)]
pub struct Batch {
    tables: Tables,
    scans: Vec<JpegScan>,
    /// Lists for the shortest windows: an upper bound of those of the batch.
    longest: Lists,
    bytes: u64,
    mcus: u64,
    most_entries: u32,
    /// The lists for the windows of the batch, once it is finished.
    lists: Lists,
    window_bits: u32,
    layout: Layout,
}

impl Batch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Batch::default()
    }

    /// Begins the next batch.
    pub fn clear(&mut self) {
        self.tables.clear();
        self.scans.clear();
        self.longest = Lists::default();
        self.bytes = 0;
        self.mcus = 0;
        self.most_entries = 0;
    }

    /// The number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.scans.len()
    }

    /// Whether it has no image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scans.is_empty()
    }

    /// Adds the next image: a file that begins at byte `file` of [`Buffers::bytes`], and whose coefficients begin with block
    /// `first_block` of [`Buffers::coefficients`]. They are the [stored blocks](pixelflume_jpeg::Frame::stored_blocks) of its
    /// components, one component behind the other, each row by row; a block is 64 numbers i16 in natural order. Blocks that are not in
    /// the file (the padding of a gray image with sampling factors above 1) are not written.
    ///
    /// # Errors
    /// The kernels do not take the file; the batch is as before.
    pub fn push(
        &mut self,
        baseline: &Baseline,
        file: u64,
        first_block: u64,
    ) -> Result<(), Refused> {
        let mut described = described(baseline, file, first_block)?;
        let longest = self.longest.with(&described, WINDOW_BITS.0);
        if !longest.fit() {
            return Err(Refused::Size);
        }
        let components = baseline.components();
        let mut codes = [(NO_CODES, NO_CODES); 4];
        for (codes, component) in codes.iter_mut().zip(components) {
            let (dc, ac) = (component.dc_slot, component.ac_slot);
            *codes = (Codes::of(baseline.dc(dc)), Codes::of(baseline.ac(ac)));
        }
        let placed = self
            .tables
            .place(&codes[..components.len()])
            .ok_or(Refused::Tables)?;
        add_tables(&mut described, &placed);
        self.most_entries = self.most_entries.max(placed.entries);
        self.longest = longest;
        self.bytes += u64::from(described.data_end - described.data);
        self.mcus += u64::from(described.mcus);
        self.scans.push(described);
        Ok(())
    }

    /// What the batch needs at most when this image is added, whatever its tables are and the windows that are chosen; `None` where
    /// the kernels do not take it.
    pub(crate) fn most_with(&self, baseline: &Baseline) -> Option<Layout> {
        let described = described(baseline, 0, 0).ok()?;
        let least = WINDOW_BITS.0;
        let lists = self.longest.with(&described, least);
        let entries = self.tables.entries.len() + MOST_ENTRIES;
        Layout::new(self.scans.len() + 1, &lists, pieces(least), entries)
    }

    /// Bytes of memory that it keeps, but for the tables of files of before, which are few.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.scans.capacity() * size_of::<JpegScan>() + 2 * self.tables.entries.capacity()
    }

    /// Chooses the windows and places the images in the lists, when all scans are there. The batch must not be empty.
    ///
    /// # Errors
    /// The device memory is more than addresses tell.
    pub fn finish(&mut self) -> Result<Layout, Refused> {
        let (least, most) = CHOSEN_BITS;
        let bits = self.bytes * 8;
        let bits = (bits / PARALLEL_WINDOWS).max(bits / self.mcus.max(1));
        let bits = bits.clamp(least, most);
        self.finish_with(bits.next_power_of_two() as u32)
    }

    /// [`finish`](Batch::finish) with windows of this many bits, made a power of two from 256 to 8192.
    ///
    /// # Errors
    /// The same.
    pub fn finish_with(&mut self, window_bits: u32) -> Result<Layout, Refused> {
        let (least, most) = WINDOW_BITS;
        let window_bits = window_bits.clamp(least, most).next_power_of_two();
        self.window_bits = window_bits;
        let mut lists = Lists::default();
        for scan in &mut self.scans {
            begin_at(scan, &lists);
            lists = lists.with(scan, window_bits);
        }
        self.lists = lists;
        let entries = self.tables.entries.len();
        self.layout = Layout::new(self.scans.len(), &lists, pieces(window_bits), entries)
            .ok_or(Refused::Size)?;
        Ok(self.layout)
    }

    /// Writes the blob of the finished batch.
    ///
    /// # Panics
    /// If `blob` has not [`Layout::blob_bytes`].
    pub fn write(&self, blob: &mut [u8]) {
        assert_eq!(blob.len(), self.layout.blob_bytes, "bytes of the blob");
        let scans = self.layout.scans as usize;
        let tables = self.layout.tables as usize;
        blob[..tables].fill(0);
        let mut end = JpegScan::zeroed();
        begin_at(&mut end, &self.lists);
        let all = self.scans.iter().chain([&end]);
        for (place, scan) in blob[scans..tables]
            .chunks_exact_mut(size_of::<JpegScan>())
            .zip(all)
        {
            place.copy_from_slice(bytemuck::bytes_of(scan));
        }
        let entries = bytemuck::cast_slice(&self.tables.entries);
        let (place, rest) = blob[tables..].split_at_mut(entries.len());
        place.copy_from_slice(entries);
        rest.fill(0);
    }

    /// The arguments of all kernels of the finished batch.
    #[must_use]
    pub fn args(&self, buffers: &Buffers) -> JpegEntropyArgs {
        let blob = |offset| buffers.blob.raw() + offset;
        let workspace = |offset| buffers.workspace.raw() + offset;
        JpegEntropyArgs {
            scans: blob(self.layout.scans),
            bytes: buffers.bytes.raw(),
            tables: blob(self.layout.tables),
            streams: workspace(0),
            segments: workspace(self.layout.segments),
            chunks: workspace(self.layout.chunks),
            windows: workspace(self.layout.windows),
            starts: workspace(self.layout.starts),
            pieces: workspace(self.layout.pieces),
            meetings: workspace(self.layout.meetings),
            coefficients: buffers.coefficients.raw(),
            statuses: blob(0),
            count: self.scans.len() as u32,
            window_bits: self.window_bits,
            piece_bits: self.window_bits / pieces(self.window_bits),
            reserved: 0,
        }
    }

    /// The grids of the eight kernels of the finished batch, in order.
    #[must_use]
    pub fn grids(&self) -> [Grid; 8] {
        let grid = |blocks: u64, threads, shared_bytes| Grid {
            blocks: [blocks as u32, 1, 1],
            threads: [threads, 1, 1],
            shared_bytes,
        };
        let bytes_threads = JpegEntropySizes::CHUNK_BYTES / 16;
        let tables = self.most_entries * 2;
        let synchronize = JpegEntropySizes::SYNCHRONIZE_BYTES + tables;
        let write = JpegEntropySizes::WRITE_BYTES + tables;
        let of_image = grid(self.scans.len() as u64, JpegEntropySizes::SCAN_THREADS, 0);
        [
            grid(self.lists.chunks, bytes_threads, 0),
            grid(self.lists.chunks, bytes_threads, 0),
            grid(self.lists.parts, JpegEntropySizes::GUESSES, synchronize),
            grid(self.lists.parts, JpegEntropySizes::GUESSES, synchronize),
            of_image,
            grid(
                self.lists.groups,
                JpegEntropySizes::WRITE_THREADS,
                synchronize,
            ),
            of_image,
            grid(self.lists.groups, JpegEntropySizes::WRITE_THREADS, write),
        ]
    }

    /// The launches of the finished batch, in order, to be enqueued into one stream behind the uploads.
    #[must_use]
    pub fn launches(&self, functions: &Functions, buffers: &Buffers) -> [Launch; 8] {
        let args = Args::of(&self.args(buffers));
        let grids = self.grids();
        std::array::from_fn(|i| Launch::kernel(functions.0[i].clone(), grids[i], args))
    }
}

/// How many pieces a window of this many bits has.
fn pieces(window_bits: u32) -> u32 {
    (window_bits / PIECE_BITS).min(MOST_PIECES)
}

fn add_tables(described: &mut JpegScan, placed: &Placed) {
    described.tables = placed.first;
    described.table_entries = placed.entries;
    for block in &mut described.blocks[..described.mcu_blocks as usize] {
        let (dc, ac) = placed.offsets[(block.kind >> 8 & 0xFF) as usize];
        block.tables = u32::from(dc) | u32::from(ac) << 16;
    }
}

/// Tells a scan where its image begins in the lists.
fn begin_at(scan: &mut JpegScan, lists: &Lists) {
    scan.stream = lists.stream_bytes as u32;
    scan.first_segment = lists.segments as u32;
    scan.first_chunk = lists.chunks as u32;
    scan.first_window = lists.windows as u32;
    scan.first_part = lists.parts as u32;
    scan.first_group = lists.groups as u32;
}
