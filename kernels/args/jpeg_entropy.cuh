// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"

// Numbers that the host needs to launch the kernels of `jpeg_entropy.cu`.
enum JpegEntropySizes : uint32_t {
    // Bytes of a file that a block of `jpeg_stuffing` and `jpeg_unstuff` reads.
    CHUNK_BYTES = 4096,
    // Threads of a block of `jpeg_guess` and `jpeg_meet`: one for each guess, of which a window has as many as an MCU has blocks.
    GUESSES = 256,
    // Bytes for the states of the decoders of a window at the end of a piece.
    PIECE_BYTES = 32,
    // Bytes for what becomes of the decoders of a window.
    MEETING_BYTES = 64,
    // Threads of a block of `jpeg_choose` and `jpeg_scan`, which is one image.
    SCAN_THREADS = 512,
    // Threads of a block of `jpeg_count` and `jpeg_write`: one for each window.
    WRITE_THREADS = 128,
    // Entries of the first level of a Huffman table, by the next 10 bits.
    TABLE_ENTRIES = 1024,
    // Bytes behind an unstuffed stream: readers look ahead.
    PADDING = 16,
    // The most blocks of an MCU.
    MCU_BLOCKS = 10,
    // Shared memory of a block of `jpeg_guess`, `jpeg_meet` and `jpeg_count` without tables.
    SYNCHRONIZE_BYTES = 2240,
    // Shared memory of a block of `jpeg_write` without tables.
    WRITE_BYTES = 18688,
};

// Why an image is left to the host: bits of a status.
enum JpegOdd : uint32_t {
    // No marker follows the data.
    CUT = 1,
    // Fill bytes come before a marker, or a restart marker is not the expected one.
    MARKER = 2,
    // There are fewer or more restart markers than the header tells.
    RESTARTS = 4,
    // The decoder of some window met none of the next ones, or the states that were found are not right.
    UNSYNCHRONIZED = 8,
    // Bits are no code of the Huffman table, or a block has more than 64 coefficients.
    CODE = 16,
    // A segment ends before its last block, or has no byte.
    MISSING = 32,
};

// A block of the MCUs of a scan.
struct JpegScanBlock {
    // The index of this block of the first MCU in the coefficients of the batch.
    uint32_t first;
    // Blocks from this block of an MCU to that of the MCU below.
    uint32_t step_y;
    // Bits 0 to 7: blocks from this block of an MCU to that of the next one. Bits 8 to 15: the component. Bits 16 to
    // 23: the number of the block behind this one in the MCU, or 0 for the last one.
    uint32_t kind;
    // The first entries of its tables, among those of the scan: bits 0 to 15 for DC, 16 to 31 for AC.
    uint32_t tables;
};
static_assert(sizeof(JpegScanBlock) == 16);
static_assert(OFFSET_OF(JpegScanBlock, first) == 0);
static_assert(OFFSET_OF(JpegScanBlock, step_y) == 4);
static_assert(OFFSET_OF(JpegScanBlock, kind) == 8);
static_assert(OFFSET_OF(JpegScanBlock, tables) == 12);

// The one scan of a sequential file. The stream of a scan is its entropy-coded data without stuffing and markers. It is
// decoded in windows of equal size; a segment is what lies between restart markers.
struct JpegScan {
    // The blocks of an MCU in the order of the stream.
    JpegScanBlock blocks[10];
    // The first byte of the entropy-coded data in the bytes of the batch.
    uint32_t data;
    // The byte behind the last one that may belong to the data.
    uint32_t data_end;
    // The first byte of the stream in the streams of the batch, a multiple of 16.
    uint32_t stream;
    // The index of the first of `segment_count` + 1 entries of the segment table.
    uint32_t first_segment;
    // The number of segments, at least 1.
    uint32_t segment_count;
    // MCUs of each segment but the last one.
    uint32_t segment_mcus;
    // MCUs of the scan.
    uint32_t mcus;
    // MCUs of a row.
    uint32_t mcu_columns;
    // Blocks of an MCU, 1 to 10.
    uint32_t mcu_blocks;
    // The first entry of the scan's tables in the tables of the batch, a multiple of 8.
    uint32_t tables;
    // The number of its entries, a multiple of 8.
    uint32_t table_entries;
    // The index of the first chunk of the data.
    uint32_t first_chunk;
    // The index of the first window. The number of windows is an upper bound here, by the bytes of the file.
    uint32_t first_window;
    // The index of the first part: the windows of a block of `jpeg_guess` and `jpeg_meet`.
    uint32_t first_part;
    // The index of the first group: the windows of a block of `jpeg_count` and `jpeg_write`.
    uint32_t first_group;
    // Zero; fills 16 bytes.
    uint32_t reserved;
};
static_assert(sizeof(JpegScan) == 224);
static_assert(OFFSET_OF(JpegScan, blocks) == 0);
static_assert(OFFSET_OF(JpegScan, data) == 160);
static_assert(OFFSET_OF(JpegScan, data_end) == 164);
static_assert(OFFSET_OF(JpegScan, stream) == 168);
static_assert(OFFSET_OF(JpegScan, first_segment) == 172);
static_assert(OFFSET_OF(JpegScan, segment_count) == 176);
static_assert(OFFSET_OF(JpegScan, segment_mcus) == 180);
static_assert(OFFSET_OF(JpegScan, mcus) == 184);
static_assert(OFFSET_OF(JpegScan, mcu_columns) == 188);
static_assert(OFFSET_OF(JpegScan, mcu_blocks) == 192);
static_assert(OFFSET_OF(JpegScan, tables) == 196);
static_assert(OFFSET_OF(JpegScan, table_entries) == 200);
static_assert(OFFSET_OF(JpegScan, first_chunk) == 204);
static_assert(OFFSET_OF(JpegScan, first_window) == 208);
static_assert(OFFSET_OF(JpegScan, first_part) == 212);
static_assert(OFFSET_OF(JpegScan, first_group) == 216);
static_assert(OFFSET_OF(JpegScan, reserved) == 220);

// Arguments of all kernels of `jpeg_entropy.cu`. Addresses are multiples of 16.
struct JpegEntropyArgs {
    // Address of `count` + 1 entries `JpegScan`; the last one has only the ends of all lists.
    uint64_t scans;
    // Address of the bytes of all files.
    uint64_t bytes;
    // Address of the Huffman tables, entries of 16 bits: bits 0 to 4: bits of code and value; 5 to 8: bits of the value; 9 to 15:
    // coefficients to go on by, less 1 (128 at the end of a block, 65 for a pattern that is no code). Where bits 0 to 4 are 0,
    // the entry is in the second level, at 64 times the number in the other bits, plus the last 6 of the next 16 bits.
    uint64_t tables;
    // Address of the streams: words of 32 bits, the first bit of the stream in the highest one.
    uint64_t streams;
    // Address of the segment table: the first byte of each segment in its stream, and the length of the stream.
    uint64_t segments;
    // Address of 16 bytes for each chunk: bytes that are kept, restart markers, the terminating marker or 2^32 - 1, and 1 if
    // that is no marker but two bytes FF.
    uint64_t chunks;
    // Address of 16 bytes for each window: the blocks that begin in it (since the last restart, if bit 31 is set), sums of DC
    // differences of four components, state at the end.
    uint64_t windows;
    // Address of 16 bytes for each window: the blocks of the segment before it, DC of four components, state at the start.
    uint64_t starts;
    // Address of `PIECE_BYTES` for each piece of each window: the states (u16) of its decoders at the end of the piece.
    uint64_t pieces;
    // Address of `MEETING_BYTES` for each window: what becomes of its decoders.
    uint64_t meetings;
    // Address of the coefficients of the batch: blocks of 64 numbers i16 in rows of 8.
    uint64_t coefficients;
    // Address of a status (u32) for each image: bits of `JpegOdd`, 0 before.
    uint64_t statuses;
    // The number of images.
    uint32_t count;
    // Bits of a window: a power of two, 256 to 8192.
    uint32_t window_bits;
    // Bits of a piece, of which a window has some.
    uint32_t piece_bits;
    // Zero; fills 8 bytes.
    uint32_t reserved;
};
static_assert(sizeof(JpegEntropyArgs) == 112);
static_assert(OFFSET_OF(JpegEntropyArgs, scans) == 0);
static_assert(OFFSET_OF(JpegEntropyArgs, bytes) == 8);
static_assert(OFFSET_OF(JpegEntropyArgs, tables) == 16);
static_assert(OFFSET_OF(JpegEntropyArgs, streams) == 24);
static_assert(OFFSET_OF(JpegEntropyArgs, segments) == 32);
static_assert(OFFSET_OF(JpegEntropyArgs, chunks) == 40);
static_assert(OFFSET_OF(JpegEntropyArgs, windows) == 48);
static_assert(OFFSET_OF(JpegEntropyArgs, starts) == 56);
static_assert(OFFSET_OF(JpegEntropyArgs, pieces) == 64);
static_assert(OFFSET_OF(JpegEntropyArgs, meetings) == 72);
static_assert(OFFSET_OF(JpegEntropyArgs, coefficients) == 80);
static_assert(OFFSET_OF(JpegEntropyArgs, statuses) == 88);
static_assert(OFFSET_OF(JpegEntropyArgs, count) == 96);
static_assert(OFFSET_OF(JpegEntropyArgs, window_bits) == 100);
static_assert(OFFSET_OF(JpegEntropyArgs, piece_bits) == 104);
static_assert(OFFSET_OF(JpegEntropyArgs, reserved) == 108);
