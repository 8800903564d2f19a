//! The argument structs of the kernels of `jpeg_entropy.cu`.

use super::layout::{Argument, Constant, Constants, Field, Kind, Layout, arguments, constants};

constants! {
    /// Numbers that the host needs to launch the kernels of `jpeg_entropy.cu`.
    JpegEntropySizes in "jpeg_entropy" {
        /// Bytes of a file that a block of `jpeg_stuffing` and `jpeg_unstuff` reads.
        CHUNK_BYTES = 4096,
        /// Threads of a block of `jpeg_guess` and `jpeg_meet`: one for each guess, of which a window has as many as an MCU has blocks.
        GUESSES = 256,
        /// Bytes for the states of the decoders of a window at the end of a piece.
        PIECE_BYTES = 32,
        /// Bytes for what becomes of the decoders of a window.
        MEETING_BYTES = 64,
        /// Threads of a block of `jpeg_choose` and `jpeg_scan`, which is one image.
        SCAN_THREADS = 512,
        /// Threads of a block of `jpeg_count` and `jpeg_write`: one for each window.
        WRITE_THREADS = 128,
        /// Entries of the first level of a Huffman table, by the next 10 bits.
        TABLE_ENTRIES = 1024,
        /// Bytes behind an unstuffed stream: readers look ahead.
        PADDING = 16,
        /// The most blocks of an MCU.
        MCU_BLOCKS = 10,
        /// Shared memory of a block of `jpeg_guess`, `jpeg_meet` and `jpeg_count` without tables.
        SYNCHRONIZE_BYTES = 2240,
        /// Shared memory of a block of `jpeg_write` without tables.
        WRITE_BYTES = 18688,
    }

    /// Why an image is left to the host: bits of a status.
    JpegOdd in "jpeg_entropy" {
        /// No marker follows the data.
        CUT = 1,
        /// Fill bytes come before a marker, or a restart marker is not the expected one.
        MARKER = 2,
        /// There are fewer or more restart markers than the header tells.
        RESTARTS = 4,
        /// The decoder of some window met none of the next ones, or the states that were found are not right.
        UNSYNCHRONIZED = 8,
        /// Bits are no code of the Huffman table, or a block has more than 64 coefficients.
        CODE = 16,
        /// A segment ends before its last block, or has no byte.
        MISSING = 32,
    }
}

arguments! {
    /// A block of the MCUs of a scan.
    JpegScanBlock in "jpeg_entropy" {
        /// The index of this block of the first MCU in the coefficients of the batch.
        first: u32,
        /// Blocks from this block of an MCU to that of the MCU below.
        step_y: u32,
        /// Bits 0 to 7: blocks from this block of an MCU to that of the next one. Bits 8 to 15: the component. Bits 16 to
        /// 23: the number of the block behind this one in the MCU, or 0 for the last one.
        kind: u32,
        /// The first entries of its tables, among those of the scan: bits 0 to 15 for DC, 16 to 31 for AC.
        tables: u32,
    }

    /// The one scan of a sequential file. The stream of a scan is its entropy-coded data without stuffing and markers. It is
    /// decoded in windows of equal size; a segment is what lies between restart markers.
    JpegScan in "jpeg_entropy" {
        /// The blocks of an MCU in the order of the stream.
        blocks: [JpegScanBlock; 10],
        /// The first byte of the entropy-coded data in the bytes of the batch.
        data: u32,
        /// The byte behind the last one that may belong to the data.
        data_end: u32,
        /// The first byte of the stream in the streams of the batch, a multiple of 16.
        stream: u32,
        /// The index of the first of `segment_count` + 1 entries of the segment table.
        first_segment: u32,
        /// The number of segments, at least 1.
        segment_count: u32,
        /// MCUs of each segment but the last one.
        segment_mcus: u32,
        /// MCUs of the scan.
        mcus: u32,
        /// MCUs of a row.
        mcu_columns: u32,
        /// Blocks of an MCU, 1 to 10.
        mcu_blocks: u32,
        /// The first entry of the scan's tables in the tables of the batch, a multiple of 8.
        tables: u32,
        /// The number of its entries, a multiple of 8.
        table_entries: u32,
        /// The index of the first chunk of the data.
        first_chunk: u32,
        /// The index of the first window. The number of windows is an upper bound here, by the bytes of the file.
        first_window: u32,
        /// The index of the first part: the windows of a block of `jpeg_guess` and `jpeg_meet`.
        first_part: u32,
        /// The index of the first group: the windows of a block of `jpeg_count` and `jpeg_write`.
        first_group: u32,
        /// Zero; fills 16 bytes.
        reserved: u32,
    }

    /// Arguments of all kernels of `jpeg_entropy.cu`. Addresses are multiples of 16.
    JpegEntropyArgs in "jpeg_entropy" {
        /// Address of `count` + 1 entries `JpegScan`; the last one has only the ends of all lists.
        scans: u64,
        /// Address of the bytes of all files.
        bytes: u64,
        /// Address of the Huffman tables, entries of 16 bits: bits 0 to 4: bits of code and value; 5 to 8: bits of the value; 9 to 15:
        /// coefficients to go on by, less 1 (128 at the end of a block, 65 for a pattern that is no code). Where bits 0 to 4 are 0,
        /// the entry is in the second level, at 64 times the number in the other bits, plus the last 6 of the next 16 bits.
        tables: u64,
        /// Address of the streams: words of 32 bits, the first bit of the stream in the highest one.
        streams: u64,
        /// Address of the segment table: the first byte of each segment in its stream, and the length of the stream.
        segments: u64,
        /// Address of 16 bytes for each chunk: bytes that are kept, restart markers, the terminating marker or 2^32 - 1, and 1 if
        /// that is no marker but two bytes FF.
        chunks: u64,
        /// Address of 16 bytes for each window: the blocks that begin in it (since the last restart, if bit 31 is set), sums of DC
        /// differences of four components, state at the end.
        windows: u64,
        /// Address of 16 bytes for each window: the blocks of the segment before it, DC of four components, state at the start.
        starts: u64,
        /// Address of `PIECE_BYTES` for each piece of each window: the states (u16) of its decoders at the end of the piece.
        pieces: u64,
        /// Address of `MEETING_BYTES` for each window: what becomes of its decoders.
        meetings: u64,
        /// Address of the coefficients of the batch: blocks of 64 numbers i16 in rows of 8.
        coefficients: u64,
        /// Address of a status (u32) for each image: bits of `JpegOdd`, 0 before.
        statuses: u64,
        /// The number of images.
        count: u32,
        /// Bits of a window: a power of two, 256 to 8192.
        window_bits: u32,
        /// Bits of a piece, of which a window has some.
        piece_bits: u32,
        /// Zero; fills 8 bytes.
        reserved: u32,
    }
}
