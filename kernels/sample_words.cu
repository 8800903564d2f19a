// Bilinear sampling for resizes that enlarge, from bytes to bytes. A thread computes words of four consecutive samples of the
// output and walks down a strip of rows. It keeps both source rows of the line interpolated along x, and interpolates only
// the rows that the next line does not share, so that most lines of an enlarged image cost a thread two multiply-adds for each
// sample. The samples of a word are bytes from a window of the source row, of at most eight bytes: the tables say which
// ones, so that the kernel is the same for all numbers of channels and for a permutation of them.
//
// The arithmetic of a sample is that of `bilinear` in sample_taps.cu, in floating-point numbers that are integers, and whose
// roundings towards zero are the shifts: see `interpolate` and `blend`.
#include "args/sample_words.cuh"
#include "sample.cuh"
#include "sample_load.cuh"

// Words of each thread, LANES apart; crates/ops/src/kernels/sample.rs has the same numbers.
constexpr uint32_t WORDS = 2;
constexpr uint32_t LANES = 32;

// Hides the origin of a number, so that it stays in a register: the compiler would compute it again for every row.
__device__ __forceinline__ void keep(uint32_t& number) {
    asm("" : "+r"(number));
}

__device__ __forceinline__ void keep(uint64_t& number) {
    asm("" : "+l"(number));
}

// The window of a word in a source row, in the form in which `load_window` takes it fastest.
struct Window {
    // In aligned rows the byte of the first aligned word of the window, else the window's first byte.
    uint32_t start;
    // In aligned rows the bits before the window in this word, plus 256 where the window ends in the third word; else its bytes.
    uint32_t extent;
};

// The words of a thread.
struct Words {
    Window windows[WORDS];
    uint32_t selectors[WORDS][2];
    uint32_t weights[WORDS][4];
    // The number of the first word in its row; the others are LANES apart. Words beyond the row are computed as the last one, and not
    // written.
    uint32_t first;
    // Whether words of the source rows may hold bytes outside their row.
    bool edge;
};

// Bytes of a row of the output.
__device__ __forceinline__ uint32_t row_bytes(const SampleArgs& args) {
    return args.dst.width * args.dst.channels;
}

// The tap of a word of a row, and of the last one for a number beyond it.
__device__ __forceinline__ WordTap word_tap(const SampleArgs& args, uint32_t index) {
    const WordTap* taps = reinterpret_cast<const WordTap*>(args.tables);
    const uint4* entry = reinterpret_cast<const uint4*>(taps + min(index, (row_bytes(args) - 1) / 4));
    const uint4 where = __ldg(entry);
    const uint4 weights = __ldg(entry + 1);
    return WordTap{where.x, where.y, {where.z, where.w}, {weights.x, weights.y, weights.z, weights.w}};
}

__device__ __forceinline__ LineTap line_tap(uint64_t lines, uint32_t y) {
    const int4 v = __ldg(reinterpret_cast<const int4*>(lines) + y);
    return LineTap{v.x, v.y, __int_as_float(v.z), __int_as_float(v.w)};
}

// Whether `load_window` may read bytes outside the row of `bytes` bytes.
template <bool ALIGNED>
__device__ __forceinline__ bool at_edge(const WordTap& tap, uint32_t bytes) {
    const uint32_t end = tap.first + tap.bytes;
    if (ALIGNED) {
        return max((tap.first & ~3u) + 8, (end + 3) & ~3u) > bytes;
    }
    return tap.first < 3 || max(tap.first + 8, end + 3) > bytes;
}

template <bool ALIGNED>
__device__ __forceinline__ Window window_of(const WordTap& tap) {
    if (!ALIGNED) {
        return Window{tap.first, tap.bytes};
    }
    const uint32_t skip = tap.first & 3u;
    Window window{tap.first - skip, 8 * skip + (skip + tap.bytes > 8 ? 256u : 0u)};
    keep(window.start);
    keep(window.extent);
    return window;
}

// Loads a window from the row at `row`, as two or three aligned words.
template <bool ALIGNED>
__device__ __forceinline__ Pair load_window(uint64_t row, const Window& window) {
    const uint64_t address = row + window.start;
    const uint64_t words = ALIGNED ? address : address & ~uint64_t(3);
    const uint32_t skip = static_cast<uint32_t>(address) & 3u;
    const uint32_t shift = ALIGNED ? window.extent : 8 * skip;
    const uint32_t a = load_word(words);
    const uint32_t b = load_word(words + 4);
    uint32_t c = 0;
    if (ALIGNED ? window.extent >= 256 : skip + window.extent > 8) {
        c = load_word(words + 8);
    }
    // The funnel shift takes its amount modulo 32.
    return Pair{__funnelshift_r(a, b, shift), __funnelshift_r(b, c, shift)};
}

// Interpolates the four samples of a word along x: w0 * p0 + w1 * p1, shifted right by 4. The result is 2^27 + 16 * (sum >> 4):
// dp2a adds the sum, which is below 2^20, to the bits of the number 2^23, and a number of at least 2^27 is a multiple of 16.
__device__ __forceinline__ void interpolate(const Words& words, int word, const Pair& bytes, float* sums) {
    const uint32_t low = __byte_perm(bytes.first, bytes.second, words.selectors[word][0]);
    const uint32_t high = __byte_perm(bytes.first, bytes.second, words.selectors[word][1]);
    sums[0] = __uint_as_float(dp2a_lo(words.weights[word][0], low, 0x4b000000u));
    sums[1] = __uint_as_float(dp2a_hi(words.weights[word][1], low, 0x4b000000u));
    sums[2] = __uint_as_float(dp2a_lo(words.weights[word][2], high, 0x4b000000u));
    sums[3] = __uint_as_float(dp2a_hi(words.weights[word][3], high, 0x4b000000u));
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        sums[i] = __fadd_rz(sums[i], 0x1p27f - 0x1p23f);
    }
}

// Interpolates the row at `row` for all words of a thread.
template <bool ALIGNED>
__device__ __forceinline__ void interpolate_row(const SampleArgs& args, uint64_t row, const Words& words, float (*sums)[4]) {
    Pair bytes[WORDS];
    if (words.edge) {
#pragma unroll
        for (int i = 0; i < WORDS; ++i) {
            const WordTap tap = word_tap(args, words.first + LANES * i);
            bytes[i] = load_bytes<8, true>(row + tap.first, tap.bytes);
        }
    } else {
#pragma unroll
        for (int i = 0; i < WORDS; ++i) {
            bytes[i] = load_window<ALIGNED>(row, words.windows[i]);
        }
    }
#pragma unroll
    for (int i = 0; i < WORDS; ++i) {
        interpolate(words, i, bytes[i], sums[i]);
    }
}

// The four samples of a word from its two interpolated rows: ((w0 * h0 >> 16) + (w1 * h1 >> 16) + 2) >> 2 each.
//
// A weight is w / 2^20 and an interpolated sample 2^27 + 16 * h, so that their product is w * 128 + w * h / 2^16. `start` is
// 1.5 * 2^23 + 2 less both w * 128. The sum of it and of the first product is below 2^24 and at least 2^23, where numbers are
// integers: rounding it towards zero is the shift of the first product. The same holds for the sum with the second one. Its
// lowest 16 bits are the rounded value, four times the sample.
__device__ __forceinline__ uint32_t blend(const float* above, const float* below, const LineTap& line, float start) {
    uint32_t sums[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        sums[i] = __float_as_uint(__fmaf_rz(line.weight1, below[i], __fmaf_rz(line.weight0, above[i], start)));
    }
    const uint32_t even = __byte_perm(sums[0], sums[2], 0x5410);
    const uint32_t odd = __byte_perm(sums[1], sums[3], 0x5410);
    return __byte_perm(even >> 2, odd << 6, 0x7250);
}

// Inline PTX, since the compiler makes a generic store of `store` here.
__device__ __forceinline__ void store_word(uint64_t address, uint32_t word) {
    asm volatile("st.global.u32 [%0], %1;" : : "l"(address), "r"(word) : "memory");
}

// Writes the words of a thread to the row at `row`; WHOLE: all of them are aligned, and end in the row.
template <bool WHOLE>
__device__ __forceinline__ void write_row(const SampleArgs& args, uint64_t row, const Words& words, const uint32_t* samples) {
#pragma unroll
    for (int i = 0; i < WORDS; ++i) {
        if (WHOLE) {
            store_word(row + 4 * words.first + 4 * LANES * i, samples[i]);
            continue;
        }
        const uint32_t begin = 4 * (words.first + LANES * i);
        const uint32_t end = min(begin + 4, row_bytes(args));
        if (begin + 4 == end && (static_cast<uint32_t>(row) & 3u) == 0) {
            store_word(row + begin, samples[i]);
            continue;
        }
        uint32_t rest = samples[i];
#pragma unroll 1
        for (uint32_t at = begin; at < end; ++at) {
            store(row + at, static_cast<uint8_t>(rest));
            rest >>= 8;
        }
    }
}

// Computes rows `y` to `end` of a frame.
template <bool ALIGNED>
__device__ __forceinline__ void sample_strip(const SampleArgs& args, const Words& words, uint32_t frame, uint32_t y, uint32_t end) {
    const bool whole = rows_aligned(args.dst, 4) && 4 * (words.first + LANES * (WORDS - 1) + 1) <= row_bytes(args);
    const uint64_t src = args.src.base + frame * args.src.batch_stride;
    const auto row_at = [&](uint32_t row) { return src + row * (ALIGNED ? static_cast<uint32_t>(args.src.row_pitch) : args.src.row_pitch); };
    uint64_t dst = args.dst.base + frame * args.dst.batch_stride + y * args.dst.row_pitch;
    uint64_t lines = args.tables + (row_bytes(args) + 3) / 4 * sizeof(WordTap);
    keep(lines);
    // The rows of the source that are interpolated; none at first.
    int row0 = -1;
    int row1 = -1;
    float sums0[WORDS][4];
    float sums1[WORDS][4];
#pragma unroll 1
    for (; y < end; ++y) {
        const LineTap line = line_tap(lines, y);
        if (line.index0 != row0 || line.index1 != row1) {
            if (line.index0 != row0) {
                row0 = line.index0;
                interpolate_row<ALIGNED>(args, row_at(row0), words, sums0);
            }
            if (line.index1 != row1) {
                row1 = line.index1;
                interpolate_row<ALIGNED>(args, row_at(row1), words, sums1);
            }
        }
        // Exact: the weights are multiples of 2^-20, and their sum is less than 2^-8.
        const float start = __fmaf_rn(line.weight0 + line.weight1, -0x1p27f, 0x1.8p23f + 2);
        uint32_t samples[WORDS];
#pragma unroll
        for (int i = 0; i < WORDS; ++i) {
            samples[i] = blend(sums0[i], sums1[i], line, start);
        }
        if (whole) {
            write_row<true>(args, dst, words, samples);
        } else {
            write_row<false>(args, dst, words, samples);
        }
        dst += args.dst.row_pitch;
    }
}

// Blocks have LANES threads along x. The grid has as many strips as its blocks have rows of threads.
template <bool ALIGNED>
__device__ __forceinline__ void sample_strips(const SampleArgs& args) {
    Words words;
    words.first = blockIdx.x * LANES * WORDS + threadIdx.x;
    if (4 * words.first >= row_bytes(args)) {
        return;
    }
    words.edge = false;
#pragma unroll
    for (int i = 0; i < WORDS; ++i) {
        const WordTap tap = word_tap(args, words.first + LANES * i);
        words.windows[i] = window_of<ALIGNED>(tap);
        words.edge |= at_edge<ALIGNED>(tap, args.src.width * args.src.channels);
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            words.selectors[i][j / 2] = tap.selectors[j / 2];
            words.weights[i][j] = tap.weights[j];
        }
    }
    const uint32_t strips = gridDim.y * blockDim.y;
    const uint32_t rows = (args.dst.height + strips - 1) / strips;
    const uint32_t y = (blockIdx.y * blockDim.y + threadIdx.y) * rows;
    const uint32_t end = min(y + rows, args.dst.height);
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        sample_strip<ALIGNED>(args, words, frame, y, end);
    }
}

extern "C" __global__ void __launch_bounds__(256) sample_words(const __grid_constant__ SampleArgs args) {
    if (rows_aligned(args.src, 4) && args.src.row_pitch <= 0xffffffffu) {
        sample_strips<true>(args);
    } else {
        sample_strips<false>(args);
    }
}
