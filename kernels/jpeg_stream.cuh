// The reader of the entropy-coded streams of JPEG files, which the kernels of `jpeg_entropy.cu` share: states, bits, Huffman codes.
//
// A decoder of baseline data is in the state (bit, block of the MCU, zigzag index of the next coefficient; 0: the next code is that
// of a DC coefficient). Decoders that start in wrong states soon come to the right ones; see docs/kernels.md.
#pragma once

#include "args/jpeg_entropy.cuh"

// The packed state behind the end of a stream.
constexpr uint32_t AT_END = 0xffff;
// The bit of a number of blocks that says that they are counted from the beginning of a segment.
constexpr uint32_t RESTARTED = 0x80000000u;

// The stream of an image in device memory.
struct Stream {
    const uint32_t* words;
    // The first byte of each segment, and the length.
    const uint32_t* segments;
    uint32_t segment_count;
    uint32_t bits;

    __device__ Stream(const JpegEntropyArgs& args, const JpegScan& scan)
        : words(reinterpret_cast<const uint32_t*>(args.streams + scan.stream)),
          segments(reinterpret_cast<const uint32_t*>(args.segments) + scan.first_segment),
          segment_count(scan.segment_count),
          bits(segments[scan.segment_count] * 8) {}

    // The last segment that begins at `bit` or before.
    __device__ __forceinline__ uint32_t segment_at(uint32_t bit) const {
        uint32_t first = 0;
        uint32_t last = segment_count - 1;
        while (first < last) {
            const uint32_t middle = (first + last + 1) / 2;
            if (segments[middle] * 8 <= bit) {
                first = middle;
            } else {
                last = middle - 1;
            }
        }
        return first;
    }

    // The bit behind a segment.
    __device__ __forceinline__ uint32_t segment_end(uint32_t segment) const { return segments[segment + 1] * 8; }
};

// Three words of a stream, so that the next 32 bits are at hand. It reads at most 16 bytes behind the end of the stream, since no
// position is more than 30 bits behind it.
struct BitReader {
    const uint32_t* words;
    uint32_t index;
    uint32_t high;
    uint32_t low;
    uint32_t next;

    __device__ __forceinline__ BitReader(const uint32_t* words, uint32_t bit) : words(words) { seek(bit); }

    __device__ __forceinline__ void seek(uint32_t bit) {
        index = bit / 32 + 2;
        high = __ldg(words + index - 2);
        low = __ldg(words + index - 1);
        next = __ldg(words + index);
    }

    // The 32 bits from `bit` on, the position of the last call.
    __device__ __forceinline__ uint32_t peek(uint32_t bit) const { return __funnelshift_l(low, high, bit); }

    // Goes on from the position `from` to `bit`, which is less than 32 bits behind it.
    __device__ __forceinline__ void advance(uint32_t from, uint32_t bit) {
        const bool goes_on = (from ^ bit) & 32;
        high = goes_on ? low : high;
        low = goes_on ? next : low;
        index += goes_on;
        load_if(goes_on, words + index, next);
    }

    // Loads into `value` itself: by way of another register, the compiler would wait for the load here and not where it is used.
    static __device__ __forceinline__ void load_if(bool condition, const uint32_t* place, uint32_t& value) {
#ifdef __CUDA_ARCH__
        asm volatile(
            "{\n\t.reg .pred p;\n\tsetp.ne.u32 p, %2, 0;\n\t@p ld.global.nc.u32 %0, [%1];\n\t}"
            : "+r"(value)
            : "l"(place), "r"(static_cast<uint32_t>(condition)));
#else
        value = condition ? *place : value;
#endif
    }
};

// The entry of the code at the beginning of `bits`; see `JpegEntropyArgs::tables`.
__device__ __forceinline__ uint32_t code_entry(const uint16_t* table, uint32_t bits) {
    uint32_t entry = table[bits >> 22];
    if ((entry & 31) == 0) {
        entry = table[entry * 2 + ((bits >> 16) & 63)];
    }
    return entry;
}

// Bits of code and value.
__device__ __forceinline__ uint32_t entry_bits(uint32_t entry) { return entry & 31; }

// Bits of the value.
__device__ __forceinline__ uint32_t entry_size(uint32_t entry) { return (entry >> 5) & 15; }

// Coefficients to go on by: the zeros and the value, or all the rest of the block.
__device__ __forceinline__ uint32_t entry_step(uint32_t entry) { return (entry >> 9) + 1; }

// The value behind the code at the beginning of `bits`; 0 if it has no bits. Values whose first bit is 0 are negative: less by one than
// the number with ones before it.
__device__ __forceinline__ int32_t entry_value(uint32_t entry, uint32_t bits) {
    const uint32_t size = entry_size(entry);
    const uint32_t rest = bits << (entry_bits(entry) - size);
    const uint32_t before = static_cast<uint32_t>(static_cast<int32_t>(~rest) >> 31);
    return static_cast<int32_t>(__funnelshift_l(rest, before, size) - before);
}

// Whether a block ended as no block of a sound stream does, by the zigzag index behind its last code: beyond 64 coefficients, or by
// a pattern that is no code. The end of a block adds 128, no code adds 65.
__device__ __forceinline__ bool is_odd_end(uint32_t zigzag) { return zigzag - 65 < 64; }

// The state of a decoder.
struct State {
    uint32_t bit;
    uint32_t block;
    uint32_t zigzag;

    // As 15 bits, for a state at or behind `start` and less than 32 bits from it; `AT_END` for one at the end of the stream.
    __device__ __forceinline__ uint32_t packed(uint32_t start, const Stream& stream) const {
        return bit >= stream.bits ? AT_END : (bit - start) | (block << 5) | (zigzag << 9);
    }

    static __device__ __forceinline__ State unpacked(uint32_t packed, uint32_t start, const Stream& stream) {
        if (packed == AT_END) {
            return {stream.bits, 0, 0};
        }
        return {start + (packed & 31), (packed >> 5) & 15, packed >> 9};
    }
};

// The tables of a block of an MCU.
__device__ __forceinline__ const uint16_t* dc_table(const uint16_t* tables, const JpegScanBlock& block) {
    return tables + (block.tables & 0xffff);
}

__device__ __forceinline__ const uint16_t* ac_table(const uint16_t* tables, const JpegScanBlock& block) {
    return tables + (block.tables >> 16);
}

__device__ __forceinline__ uint32_t component_of(const JpegScanBlock& block) { return (block.kind >> 8) & 0xff; }

__device__ __forceinline__ uint32_t block_after(const JpegScanBlock& block) { return block.kind >> 16; }

// What is known of a window, in `windows` and `starts`: see `JpegEntropyArgs`.
struct Window {
    uint32_t blocks;
    // Sums of DC differences, or DC, of four components.
    uint32_t dc[2];
    uint32_t state;
};

// Two sums of 16 bits each, that wrap.
__device__ __forceinline__ uint32_t add_halves(uint32_t a, uint32_t b) {
    return ((a & 0x7fff7fff) + (b & 0x7fff7fff)) ^ ((a ^ b) & 0x80008000);
}

// A decoder that passes over the codes of a stream without writing coefficients.
struct Passer {
    const Stream& stream;
    const uint16_t* tables;
    const JpegScanBlock* blocks;
    State state;
    uint32_t segment;
    BitReader reader;

    // At a state, in the segment of this number.
    __device__ __forceinline__ Passer(const Stream& stream, const uint16_t* tables, const JpegScanBlock* blocks, const State& state,
                                      uint32_t segment)
        : stream(stream), tables(tables), blocks(blocks), state(state), segment(segment), reader(stream.words, state.bit) {}

    // Goes on at another state.
    __device__ __forceinline__ void seek(const State& other, uint32_t other_segment) {
        state = other;
        segment = other_segment;
        reader.seek(state.bit);
    }

    // Decodes all codes that begin before `end`, and returns the packed state. Each step consumes a bit at least: codes have one, and
    // segments have a byte (`jpeg_unstuff` gives up images in which one has none). If `COUNTS` is set, it adds the number of blocks that
    // begin and their DC differences to `sum`, all since the last restart where there is one (`RESTARTED`).
    template <bool COUNTS>
    __device__ __forceinline__ uint32_t pass(uint32_t end, Window& sum) {
        if (state.bit >= stream.bits) {
            return AT_END;
        }
        uint32_t bit = state.bit;
        uint32_t block = state.block;
        uint32_t zigzag = state.zigzag;
        uint32_t segment_end = stream.segment_end(segment);
        for (;;) {
            const uint32_t limit = min(end, segment_end);
            // The block behind the present one is loaded long before it is used.
            JpegScanBlock info = blocks[block];
            JpegScanBlock next = blocks[block_after(info)];
            const uint16_t* table = zigzag == 0 ? dc_table(tables, info) : ac_table(tables, info);
            while (bit < limit) {
                const uint32_t bits = reader.peek(bit);
                const uint32_t entry = code_entry(table, bits);
                if (COUNTS && zigzag == 0) {
                    const uint32_t component = component_of(info);
                    const uint32_t value = static_cast<uint32_t>(entry_value(entry, bits)) & 0xffff;
                    const uint32_t half = component & 1 ? value << 16 : value;
                    sum.dc[0] = add_halves(sum.dc[0], component < 2 ? half : 0);
                    sum.dc[1] = add_halves(sum.dc[1], component < 2 ? 0 : half);
                    sum.blocks += 1;
                }
                zigzag += entry_step(entry);
                const uint32_t from = bit;
                bit += entry_bits(entry);
                reader.advance(from, bit);
                table = ac_table(tables, info);
                if (zigzag >= 64) {
                    zigzag = 0;
                    block = block_after(info);
                    info = next;
                    next = blocks[block_after(info)];
                    table = dc_table(tables, info);
                }
            }
            if (bit < segment_end) {
                break;
            }
            // A segment ends: the next one begins in a known state.
            bit = segment_end;
            block = 0;
            zigzag = 0;
            if (bit >= stream.bits) {
                break;
            }
            if (COUNTS) {
                sum = {RESTARTED, {0, 0}, 0};
            }
            segment += 1;
            segment_end = stream.segment_end(segment);
            reader.seek(bit);
            if (bit >= end) {
                break;
            }
        }
        state = {bit, block, zigzag};
        return state.packed(end, stream);
    }

    // The same, without counting.
    __device__ __forceinline__ uint32_t pass(uint32_t end) {
        Window unused;
        return pass<false>(end, unused);
    }
};

// The image that work item `item` of all images belongs to: `first(scan)` is the first item of a scan. All threads of the block call
// it, with the shared place for the result.
template <typename First>
__device__ __forceinline__ uint32_t find_image(const JpegEntropyArgs& args, uint32_t item, uint32_t& found, First first) {
    const JpegScan* scans = reinterpret_cast<const JpegScan*>(args.scans);
    for (uint32_t i = threadIdx.x; i < args.count; i += blockDim.x) {
        if (first(scans[i]) <= item && item < first(scans[i + 1])) {
            found = i;
        }
    }
    __syncthreads();
    return found;
}

// Copies the tables of a scan and the blocks of its MCUs to shared memory, with all threads of the block; the caller has to
// synchronize.
__device__ __forceinline__ void load_tables(const JpegEntropyArgs& args, const JpegScan& scan, uint16_t* tables, JpegScanBlock* blocks) {
    const uint4* from = reinterpret_cast<const uint4*>(args.tables) + scan.tables / 8;
    for (uint32_t i = threadIdx.x; i < scan.table_entries / 8; i += blockDim.x) {
        reinterpret_cast<uint4*>(tables)[i] = from[i];
    }
    for (uint32_t i = threadIdx.x; i < MCU_BLOCKS; i += blockDim.x) {
        blocks[i] = scan.blocks[i];
    }
}
