// How a block of resample.cu brings source rows to shared memory: each channel by itself, four pixels in a word.
#pragma once

#include "args/resample.cuh"
#include "nv12.cuh"
#include "quad.cuh"
#include "resample.cuh"
#include "resample_digits.cuh"
#include "sample.cuh"

// Source rows of a step of a block: those of a matrix instruction.
constexpr int ROWS = 16;

extern __shared__ uint32_t shared_words[];

// Loads four pixels of row `y`, from column `x` on, of which the first `count` exist; the rest is 0 or undefined.
template <int SRC>
__device__ __forceinline__ void load_pixels(const ImageParam& src, uint32_t frame, uint32_t x, uint32_t y, uint32_t count,
                                          uint32_t* pixels) {
    if constexpr (SRC == NV12) {
        const uint8_t* luma = image_row<const uint8_t>(src, frame, y) + x;
        const uint8_t* chroma = image_row<const uint8_t>(src, frame, src.height / 3 * 2 + y / 2) + x;
#pragma unroll
        for (uint32_t i = 0; i < 4; ++i) {
            pixels[i] = i < count ? nv12_color(__ldg(luma + i), __ldg(chroma + (i & ~1u)), __ldg(chroma + (i | 1u))) : 0;
        }
    } else {
        const uint64_t address = reinterpret_cast<uint64_t>(image_row<const uint8_t>(src, frame, y) + x * SRC);
        read_quad<SRC>(address, count, at_edge<SRC>(src, src.width, x, count), pixels);
    }
}

// Colors of four pixels as the passes take them, as a word for each channel.
template <int CHANNELS>
__device__ __forceinline__ void prepare_quad(const ResampleArgs& args, uint32_t* pixels, uint32_t* words) {
    if (args.sample.flags & BEFORE) {
        convert_color<4>(args.sample.before, pixels);
    }
    if constexpr (CHANNELS == 4) {
        if (args.premultiplied) {
#pragma unroll
            for (int p = 0; p < 4; ++p) {
                const uint32_t alpha = pixels[p] >> 24;
                pixels[p] = pack(times_alpha(pixels[p] & 255u, alpha), times_alpha((pixels[p] >> 8) & 255u, alpha),
                                 times_alpha((pixels[p] >> 16) & 255u, alpha), alpha);
            }
        }
    }
    planar_quad<CHANNELS>(pixels, words);
}

// The same for four pixels in `SRC` words, one after the other.
template <int SRC, int CHANNELS>
__device__ __forceinline__ void prepare_words(const ResampleArgs& args, const uint32_t* raw, uint32_t* words) {
    if (SRC == CHANNELS && SRC < 4 && !(args.sample.flags & BEFORE)) {
        words[0] = raw[0];
        if constexpr (SRC == 3 && CHANNELS == 3) {
            words[0] = __byte_perm(__byte_perm(raw[0], raw[1], 0x0630), raw[2], 0x5210);
            words[1] = __byte_perm(__byte_perm(raw[0], raw[1], 0x0741), raw[2], 0x6210);
            words[2] = __byte_perm(__byte_perm(raw[0], raw[1], 0x0052), raw[2], 0x7410);
        }
    } else {
        uint32_t pixels[4];
        unpack<SRC>(raw, pixels);
        prepare_quad<CHANNELS>(args, pixels, words);
    }
}

// Step 1: loads the source rows from `row` on, those before `end`.
template <int SRC, int CHANNELS>
__device__ __forceinline__ void load_rows(const ResampleArgs& args, const ResampleTile& tile, uint32_t frame, uint32_t row, uint32_t end) {
    const ImageParam& src = args.sample.src;
    const uint32_t lane = threadIdx.x % 32;
    for (uint32_t i = threadIdx.x / 32; i < ROWS && row + i < end; i += blockDim.x / 32) {
        uint32_t* out = shared_words + i * args.row_pitch;
        for (uint32_t word = lane; word < tile.words; word += 32) {
            const uint32_t x = (tile.word + word) * 4;
            uint32_t pixels[4];
            load_pixels<SRC>(src, frame, x, row + i, min(src.width - x, 4u), pixels);
            uint32_t words[CHANNELS];
            prepare_quad<CHANNELS>(args, pixels, words);
#pragma unroll
            for (int c = 0; c < CHANNELS; ++c) {
                out[c * args.row_words + word] = words[c];
            }
        }
    }
}

// The same for rows that begin at multiples of 16 bytes, 16 pixels at a time. Of the last words of a row, at most 15 bytes lie behind
// the row, in the same 16 bytes.
template <int SRC, int CHANNELS>
__device__ __forceinline__ void load_aligned_rows(const ResampleArgs& args, const ResampleTile& tile, uint32_t frame, uint32_t row,
                                                  uint32_t end) {
    const ImageParam& src = args.sample.src;
    const uint64_t base = reinterpret_cast<uint64_t>(image_row<const uint8_t>(src, frame, row)) + tile.word * 4 * SRC;
    const uint32_t units = (tile.words + 3) / 4;
    const uint32_t rows = min(end - row, uint32_t(ROWS));
    // A quotient without a division: right for numerators below 2^32 / units.
    const uint32_t inverse = 0xffffffffu / units + 1;
    // Loads of 16 bytes that hold bytes of the row, from the tile on.
    const uint32_t exist = (src.width * SRC + 15) / 16 - tile.word / 4 * SRC;
    const uint32_t all = rows * units;
    // Two units are loaded before the first is stored.
    constexpr int IN_FLIGHT = 2;
    for (uint32_t first = threadIdx.x; first < all; first += IN_FLIGHT * blockDim.x) {
        uint32_t raw[IN_FLIGHT][4 * SRC];
        uint4* out[IN_FLIGHT];
#pragma unroll
        for (int k = 0; k < IN_FLIGHT; ++k) {
            const uint32_t i = min(first + k * blockDim.x, all - 1);
            const uint32_t y = units == 1 ? i : __umulhi(i, inverse);
            const uint32_t unit = i - y * units;
            const uint4* address = reinterpret_cast<const uint4*>(base + y * src.row_pitch) + unit * SRC;
            out[k] = reinterpret_cast<uint4*>(shared_words + y * args.row_pitch) + unit;
#pragma unroll
            for (uint32_t j = 0; j < SRC; ++j) {
                const uint4 four = unit * SRC + j < exist ? __ldg(address + j) : make_uint4(0, 0, 0, 0);
                raw[k][4 * j] = four.x;
                raw[k][4 * j + 1] = four.y;
                raw[k][4 * j + 2] = four.z;
                raw[k][4 * j + 3] = four.w;
            }
        }
#pragma unroll
        for (int k = 0; k < IN_FLIGHT; ++k) {
            uint32_t words[4][CHANNELS];
#pragma unroll
            for (int quad = 0; quad < 4; ++quad) {
                prepare_words<SRC, CHANNELS>(args, raw[k] + quad * SRC, words[quad]);
            }
            if (first + k * blockDim.x < all) {
#pragma unroll
                for (int c = 0; c < CHANNELS; ++c) {
                    out[k][c * (args.row_words / 4)] = make_uint4(words[0][c], words[1][c], words[2][c], words[3][c]);
                }
            }
        }
    }
}

// Brings the source rows from `row` on, those before `end`, to the L2 cache: a warp two rows, a lane 128 bytes of each.
template <int SRC>
__device__ __forceinline__ void prefetch_rows(const ResampleArgs& args, const ResampleTile& tile, uint32_t frame, uint32_t row, uint32_t end) {
    const ImageParam& src = args.sample.src;
    const uint32_t left = (src.width - tile.word * 4) * SRC;
    const uint32_t byte = threadIdx.x % 32 * 128;
    if (byte < min(tile.words * 4 * SRC, left)) {
        for (uint32_t y = row + threadIdx.x / 32; y < min(end, row + ROWS); y += blockDim.x / 32) {
            const uint8_t* address = image_row<const uint8_t>(src, frame, y) + tile.word * 4 * SRC + byte;
            asm volatile("prefetch.global.L2 [%0];" ::"l"(address));
        }
    }
}
