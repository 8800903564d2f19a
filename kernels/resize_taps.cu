// Resizing by tables of taps: an output sample is the weighted sum of the source samples where the taps of its column and those of
// its row cross, or the mean of a block of samples. The arithmetic is that of the operator's reference.
//
// A thread computes one pixel. Samples are read as aligned words where all bytes of these words belong to the row, otherwise byte by
// byte: no byte outside the rows is read.
#include "args/resize.cuh"
#include "common.cuh"

// `sum` plus two products: the signed 16-bit halves of `pairs` times the lower (or the upper) two bytes of `bytes`.
__device__ __forceinline__ int signed_dp2a_lo(int pairs, uint32_t bytes, int sum) {
    int result;
    asm("dp2a.lo.s32.u32 %0, %1, %2, %3;" : "=r"(result) : "r"(pairs), "r"(bytes), "r"(sum));
    return result;
}

__device__ __forceinline__ int signed_dp2a_hi(int pairs, uint32_t bytes, int sum) {
    int result;
    asm("dp2a.hi.s32.u32 %0, %1, %2, %3;" : "=r"(result) : "r"(pairs), "r"(bytes), "r"(sum));
    return result;
}

// `sum` plus the four products of the bytes of `a` and of `b`.
__device__ __forceinline__ uint32_t dp4a(uint32_t a, uint32_t b, uint32_t sum) {
    uint32_t result;
    asm("dp4a.u32.u32 %0, %1, %2, %3;" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    return result;
}

__device__ __forceinline__ uint32_t load_word(uint64_t address) {
    return __ldg(reinterpret_cast<const uint32_t*>(address));
}

// Whether the aligned words of bytes `first` to `end` of a row may hold bytes outside the row.
__device__ __forceinline__ bool at_edge(const ImageParam& src, bool aligned, uint32_t first, uint32_t end) {
    const uint32_t row = src.width * src.channels;
    return aligned ? ((end + 3) & ~3u) > row : first < 3 || end + 3 > row;
}

// Loads the first `count` of `BYTES` bytes at `address` into words. The bytes behind them are undefined.
template <int BYTES>
__device__ __forceinline__ void load_bytes(uint64_t address, uint32_t count, bool edge, uint32_t* words) {
    constexpr int WORDS = (BYTES + 3) / 4;
    if (edge) {
#pragma unroll
        for (int k = 0; k < WORDS; ++k) {
            words[k] = 0;
        }
#pragma unroll
        for (int i = 0; i < BYTES; ++i) {
            if (i < count) {
                words[i / 4] |= static_cast<uint32_t>(__ldg(reinterpret_cast<const uint8_t*>(address + i))) << (8 * (i % 4));
            }
        }
        return;
    }
    const uint64_t aligned = address & ~uint64_t(3);
    const uint32_t low = static_cast<uint32_t>(address);
    const uint32_t end = (low & 3u) + count;
    uint32_t next = load_word(aligned);
#pragma unroll
    for (int k = 0; k < WORDS; ++k) {
        const uint32_t word = next;
        next = end > 4 * (k + 1) ? load_word(aligned + 4 * (k + 1)) : 0;
        // The funnel shift takes its amount modulo 32.
        words[k] = __funnelshift_r(word, next, 8 * low);
    }
}

// Four taps of channel `c` as one word, from four pixels of `CHANNELS` bytes that begin with word 0.
template <int CHANNELS>
__device__ __forceinline__ uint32_t four_taps(const uint32_t* words, int c) {
    if constexpr (CHANNELS == 1) {
        return words[0];
    } else if constexpr (CHANNELS == 3) {
        // Bytes c, c + 3, c + 6, c + 9 of 12: the first two or three are in the words 0 and 1.
        const uint32_t low = __byte_perm(words[0], words[1], c == 0 ? 0x0630 : c == 1 ? 0x0741 : 0x0052);
        return __byte_perm(low, words[2], c == 0 ? 0x5210 : c == 1 ? 0x6210 : 0x7410);
    } else {
        const uint32_t low = __byte_perm(words[0], words[1], c | (c + 4) << 4);
        const uint32_t high = __byte_perm(words[2], words[3], c | (c + 4) << 4);
        return __byte_perm(low, high, 0x5410);
    }
}

// The weights of an output column for `TAPS` taps, two in a word.
template <int TAPS>
struct PackedWeights {
    int pairs[TAPS / 2];
};

// The weighted sum of `TAPS` pixels of a row, for each channel.
template <int CHANNELS, int TAPS>
__device__ __forceinline__ void row_sums(const PackedWeights<TAPS>& weights, uint64_t address, bool edge, int* sums) {
    uint32_t words[(TAPS * CHANNELS + 3) / 4];
    load_bytes<TAPS * CHANNELS>(address, TAPS * CHANNELS, edge, words);
#pragma unroll
    for (int c = 0; c < CHANNELS; ++c) {
        if constexpr (TAPS == 2 && CHANNELS == 1) {
            sums[c] = signed_dp2a_lo(weights.pairs[0], words[0], 0);
        } else if constexpr (TAPS == 2) {
            const uint32_t pair = __byte_perm(words[0], words[1], c | (c + CHANNELS) << 4);
            sums[c] = signed_dp2a_lo(weights.pairs[0], pair, 0);
        } else {
            int sum = 0;
#pragma unroll
            for (int t = 0; t < TAPS; t += 4) {
                const uint32_t four = four_taps<CHANNELS>(words + t * CHANNELS / 4, c);
                sum = signed_dp2a_lo(weights.pairs[t / 2], four, sum);
                sum = signed_dp2a_hi(weights.pairs[t / 2 + 1], four, sum);
            }
            sums[c] = sum;
        }
    }
}

// Where the tables of a launch with weights of type `Weight` begin.
template <typename Weight>
struct Tables {
    const uint32_t* columns;
    const uint32_t* lines;
    const Weight* column_weights;
    const Weight* line_weights;

    __device__ __forceinline__ explicit Tables(const ResizeArgs& args) {
        columns = reinterpret_cast<const uint32_t*>(args.tables);
        lines = columns + args.dst.width;
        column_weights = reinterpret_cast<const Weight*>(lines + args.dst.height);
        line_weights = column_weights + uint64_t(args.column_taps) * args.dst.width;
    }
};

// Calls `body(frame, x, y)` for the output pixels of this thread, one of each row of its grid-stride loop.
template <typename Body>
__device__ __forceinline__ void for_each_pixel(const ImageParam& dst, uint32_t x, Body body) {
    for (uint32_t frame = blockIdx.z; frame < dst.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < dst.height; y += gridDim.y * blockDim.y) {
            body(frame, x, y);
        }
    }
}

// Writes a pixel of integer sums.
template <int CHANNELS>
__device__ __forceinline__ void write_fixed(const ResizeArgs& args, uint32_t frame, uint32_t x, uint32_t y, const int* sums) {
    uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + size_t(x) * CHANNELS;
#pragma unroll
    for (int c = 0; c < CHANNELS; ++c) {
        dst[c] = static_cast<uint8_t>(min(max((sums[c] + (1 << (args.shift - 1))) >> args.shift, 0), 255));
    }
}

// Integer weights, `TAPS` on both axes.
template <int CHANNELS, int TAPS>
__device__ __forceinline__ void fixed_pixels(const ResizeArgs& args, uint32_t x) {
    const Tables<int> tables(args);
    const uint32_t left = __ldg(tables.columns + x) * CHANNELS;
    PackedWeights<TAPS> weights;
#pragma unroll
    for (int t = 0; t < TAPS; t += 2) {
        const int low = __ldg(tables.column_weights + uint64_t(t) * args.dst.width + x);
        const int high = __ldg(tables.column_weights + uint64_t(t + 1) * args.dst.width + x);
        weights.pairs[t / 2] = (low & 0xffff) | (high << 16);
    }
    const bool edge = at_edge(args.src, rows_aligned(args.src, 4), left, left + TAPS * CHANNELS);
    for_each_pixel(args.dst, x, [&](uint32_t frame, uint32_t x, uint32_t y) {
        const int* line = tables.line_weights + uint64_t(y) * TAPS;
        const uint64_t top = reinterpret_cast<uint64_t>(image_row<const uint8_t>(args.src, frame, __ldg(tables.lines + y)) + left);
        int sums[CHANNELS] = {};
#pragma unroll
        for (int j = 0; j < TAPS; ++j) {
            int row[CHANNELS];
            row_sums<CHANNELS, TAPS>(weights, top + j * args.src.row_pitch, edge, row);
            const int weight = __ldg(line + j);
#pragma unroll
            for (int c = 0; c < CHANNELS; ++c) {
                sums[c] += weight * row[c];
            }
        }
        write_fixed<CHANNELS>(args, frame, x, y, sums);
    });
}

// Integer weights, any number of taps: for sources with fewer columns or rows than the taps of the interpolation.
template <int CHANNELS>
__device__ __forceinline__ void few_pixels(const ResizeArgs& args, uint32_t x) {
    const Tables<int> tables(args);
    const size_t left = size_t(__ldg(tables.columns + x)) * CHANNELS;
    for_each_pixel(args.dst, x, [&](uint32_t frame, uint32_t x, uint32_t y) {
        const uint32_t top = __ldg(tables.lines + y);
        int sums[CHANNELS] = {};
        for (uint32_t j = 0; j < args.line_taps; ++j) {
            const uint8_t* src = image_row<const uint8_t>(args.src, frame, top + j) + left;
            const int weight = __ldg(tables.line_weights + uint64_t(y) * args.line_taps + j);
            int row[CHANNELS] = {};
            for (uint32_t t = 0; t < args.column_taps; ++t) {
                const int column = __ldg(tables.column_weights + uint64_t(t) * args.dst.width + x);
#pragma unroll
                for (int c = 0; c < CHANNELS; ++c) {
                    row[c] += column * __ldg(src + t * CHANNELS + c);
                }
            }
#pragma unroll
            for (int c = 0; c < CHANNELS; ++c) {
                sums[c] += weight * row[c];
            }
        }
        write_fixed<CHANNELS>(args, frame, x, y, sums);
    });
}

// Pixels of a row that are loaded together.
constexpr uint32_t GROUP = 4;

// Rows of the source whose sums a thread makes side by side.
constexpr int ROWS = 2;

// Byte `i` of words as f32. 2^23 plus the byte is a float with the byte as its lowest bits.
__device__ __forceinline__ float float_of(const uint32_t* words, int i) {
    const uint32_t bits = __byte_perm(words[i / 4], 0x4b000000u, 0x7650 | (i % 4));
    return __fsub_rn(__uint_as_float(bits), 8388608.0f);
}

// f32 weights: each product and each sum is rounded, along the rows first.
template <int CHANNELS>
__device__ __forceinline__ void float_pixels(const ResizeArgs& args, uint32_t x) {
    const Tables<float> tables(args);
    const uint32_t left = __ldg(tables.columns + x) * CHANNELS;
    const bool aligned = rows_aligned(args.src, 4);
    for_each_pixel(args.dst, x, [&](uint32_t frame, uint32_t x, uint32_t y) {
        const uint32_t top = __ldg(tables.lines + y);
        float sums[CHANNELS] = {};
        for (uint32_t j = 0; j < args.line_taps; j += ROWS) {
            uint64_t rows[ROWS];
            float weights[ROWS];
            float row[ROWS][CHANNELS] = {};
#pragma unroll
            for (int r = 0; r < ROWS; ++r) {
                // A row behind the last one is the last one with the weight 0, which adds 0.
                const uint32_t tap = min(j + r, args.line_taps - 1);
                const float weight = __ldg(tables.line_weights + uint64_t(y) * args.line_taps + tap);
                weights[r] = j + r < args.line_taps ? weight : 0.0f;
                rows[r] = reinterpret_cast<uint64_t>(image_row<const uint8_t>(args.src, frame, top + tap) + left);
            }
            for (uint32_t t = 0; t < args.column_taps; t += GROUP) {
                // A source of less than four columns has fewer taps, and no bytes behind them.
                const uint32_t count = min(args.column_taps - t, GROUP);
                const uint32_t begin = t * CHANNELS;
                const bool edge = at_edge(args.src, aligned, left + begin, left + begin + count * CHANNELS);
                float columns[GROUP];
#pragma unroll
                for (int i = 0; i < GROUP; ++i) {
                    columns[i] = i < count ? __ldg(tables.column_weights + uint64_t(t + i) * args.dst.width + x) : 0.0f;
                }
                uint32_t words[ROWS][CHANNELS];
#pragma unroll
                for (int r = 0; r < ROWS; ++r) {
                    load_bytes<GROUP * CHANNELS>(rows[r] + begin, count * CHANNELS, edge, words[r]);
                }
#pragma unroll
                for (int r = 0; r < ROWS; ++r) {
#pragma unroll
                    for (int i = 0; i < GROUP * CHANNELS; ++i) {
                        const float product = __fmul_rn(float_of(words[r], i), columns[i / CHANNELS]);
                        row[r][i % CHANNELS] = __fadd_rn(row[r][i % CHANNELS], product);
                    }
                }
            }
#pragma unroll
            for (int r = 0; r < ROWS; ++r) {
#pragma unroll
                for (int c = 0; c < CHANNELS; ++c) {
                    sums[c] = __fadd_rn(sums[c], __fmul_rn(row[r][c], weights[r]));
                }
            }
        }
        uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + size_t(x) * CHANNELS;
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            dst[c] = static_cast<uint8_t>(min(__float2int_rn(sums[c]), 255));
        }
    });
}

// A word with a 1 in each byte of word `k` of four pixels that belongs to channel `c`.
template <int CHANNELS>
__device__ __forceinline__ constexpr uint32_t channel_mask(int k, int c) {
    uint32_t mask = 0;
    for (int b = 0; b < 4; ++b) {
        mask |= (4 * k + b) % CHANNELS == c ? 1u << (8 * b) : 0u;
    }
    return mask;
}

// Means of blocks of `column_taps` x `line_taps` pixels.
template <int CHANNELS>
__device__ __forceinline__ void block_pixels(const ResizeArgs& args, uint32_t x) {
    const uint32_t left = x * args.column_taps * CHANNELS;
    const bool aligned = rows_aligned(args.src, 4);
    const float factor = __frcp_rn(__ull2float_rn(uint64_t(args.column_taps) * args.line_taps));
    for_each_pixel(args.dst, x, [&](uint32_t frame, uint32_t x, uint32_t y) {
        uint64_t row = reinterpret_cast<uint64_t>(image_row<const uint8_t>(args.src, frame, y * args.line_taps) + left);
        // A side has at most 2^16 pixels, so that the sums of a row fit 32 bits.
        uint64_t sums[CHANNELS] = {};
#pragma unroll 2
        for (uint32_t j = 0; j < args.line_taps; ++j) {
            uint32_t of_row[CHANNELS] = {};
            for (uint32_t t = 0; t < args.column_taps; t += GROUP) {
                const uint32_t count = min(args.column_taps - t, GROUP) * CHANNELS;
                const uint32_t begin = t * CHANNELS;
                const bool edge = at_edge(args.src, aligned, left + begin, left + begin + count);
                uint32_t words[CHANNELS];
                load_bytes<GROUP * CHANNELS>(row + begin, count, edge, words);
#pragma unroll
                for (int k = 0; k < CHANNELS; ++k) {
                    // The bytes behind the block are those of its neighbor.
                    const int outside = 4 * (k + 1) - static_cast<int>(count);
                    const uint32_t word = outside <= 0 ? words[k] : outside >= 4 ? 0 : words[k] & (~0u >> (8 * outside));
#pragma unroll
                    for (int c = 0; c < CHANNELS; ++c) {
                        of_row[c] = dp4a(word, channel_mask<CHANNELS>(k, c), of_row[c]);
                    }
                }
            }
#pragma unroll
            for (int c = 0; c < CHANNELS; ++c) {
                sums[c] += of_row[c];
            }
            row += args.src.row_pitch;
        }
        uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + size_t(x) * CHANNELS;
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            dst[c] = static_cast<uint8_t>(min(__float2int_rn(__fmul_rn(__ull2float_rn(sums[c]), factor)), 255));
        }
    });
}

// The kernel `NAME` that calls `PIXELS<channels, ...>(args, x)`.
#define KERNEL(NAME, PIXELS, ...)                                                                     \
    extern "C" __global__ void __launch_bounds__(256) NAME(const __grid_constant__ ResizeArgs args) { \
        const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;                                     \
        if (x >= args.dst.width) {                                                                    \
            return;                                                                                   \
        }                                                                                             \
        switch (args.dst.channels) {                                                                  \
            case 1: PIXELS<1, ##__VA_ARGS__>(args, x); break;                                         \
            case 3: PIXELS<3, ##__VA_ARGS__>(args, x); break;                                         \
            default: PIXELS<4, ##__VA_ARGS__>(args, x);                                               \
        }                                                                                             \
    }

KERNEL(resize_fixed, few_pixels)
KERNEL(resize_fixed_2, fixed_pixels, 2)
KERNEL(resize_fixed_4, fixed_pixels, 4)
KERNEL(resize_fixed_8, fixed_pixels, 8)
KERNEL(resize_float, float_pixels)
KERNEL(resize_blocks, block_pixels)
