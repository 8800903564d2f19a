// Bilinear sampling for resizes that enlarge, from bytes to bytes. A block makes a tile of the output: some columns of a strip of
// rows. It first brings the source of the tile to shared memory, as pairs: each byte together with the same channel of the next
// pixel. A thread then makes one word of four consecutive samples in each row of the strip. It keeps two rows of the source
// interpolated along x, and interpolates another one only when a row of the output needs it: most rows of an enlarged image cost a
// thread two multiply-adds for each sample. Where the output is the same in several frames but for the source, `sample_words_2`
// makes two frames with the tables and the loop of one.
//
// The arithmetic of a sample is that of `bilinear` in sample_taps.cu, in floating-point numbers that are integers, and whose
// roundings towards zero are the shifts: see `interpolate` and `blend`. The tables are made in
// crates/ops/src/fusion/sample/words, which also chooses the tiles.
#include "args/sample_words.cuh"
#include "sample.cuh"
#include "sample_load.cuh"

// Bytes of the source of which a thread makes pairs at a time; words/tables.rs has the same number.
constexpr uint32_t CHUNK = 16;

// The rows of one strip in shared memory: `LineTap` for each row of the output and one of step -1 behind them, then the source rows,
// each of `pitch` bytes. A pair has 16 bits, those of the frames of a thread lie side by side.
struct Staged {
    unsigned char* lines;
    uint32_t rows;
    uint32_t pitch;
};

// Bytes of a row of an image.
__device__ __forceinline__ uint32_t row_bytes(const ImageParam& image) {
    return image.width * image.channels;
}

// Loads `CHUNK` bytes at `address` and the word behind them, all inside a row and at an address that is a multiple of 16. The last word
// is 0 where the row ends before it.
__device__ __forceinline__ void load_aligned(uint64_t address, uint32_t left, uint32_t* words) {
    const uint4 four = __ldg(reinterpret_cast<const uint4*>(address));
    words[0] = four.x;
    words[1] = four.y;
    words[2] = four.z;
    words[3] = four.w;
    words[4] = left >= CHUNK + 4 ? load_word(address + CHUNK) : 0;
}

// The same at any address, by the six aligned words around the bytes, which must lie in the row.
__device__ __forceinline__ void load_shifted(uint64_t address, uint32_t* words) {
    const uint32_t shift = 8 * (static_cast<uint32_t>(address) & 3u);
    uint32_t loaded[6];
#pragma unroll
    for (int i = 0; i < 6; ++i) {
        loaded[i] = load_word((address & ~uint64_t(3)) + 4 * i);
    }
#pragma unroll
    for (int i = 0; i < 5; ++i) {
        words[i] = __funnelshift_r(loaded[i], loaded[i + 1], shift);
    }
}

// The same by single bytes, of which the row has `left` more.
__device__ __forceinline__ void load_bytewise(uint64_t address, uint32_t left, uint32_t* words) {
#pragma unroll
    for (uint32_t i = 0; i < 5; ++i) {
        words[i] = 0;
#pragma unroll
        for (uint32_t byte = 0; byte < 4; ++byte) {
            if (4 * i + byte < left) {
                words[i] |= static_cast<uint32_t>(load_byte(address + 4 * i + byte)) << (8 * byte);
            }
        }
    }
}

// How a thread loads its bytes of all rows.
enum class Load { ALIGNED, SHIFTED, BYTEWISE };

// Writes the pairs of a chunk to shared memory. A pair of `sources` is byte i and byte i + channels of a window of two words, for i
// from 0 to 3.
template <uint32_t FRAMES>
__device__ __forceinline__ void store_pairs(uint4* to, const uint32_t (*words)[5], const uint32_t* sources) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        uint32_t low[FRAMES];
        uint32_t high[FRAMES];
#pragma unroll
        for (uint32_t frame = 0; frame < FRAMES; ++frame) {
            low[frame] = __byte_perm(words[frame][i], words[frame][i + 1], sources[0]);
            high[frame] = __byte_perm(words[frame][i], words[frame][i + 1], sources[1]);
        }
        if constexpr (FRAMES == 1) {
            reinterpret_cast<uint2*>(to)[i] = make_uint2(low[0], high[0]);
        } else {
            to[i] = make_uint4(__byte_perm(low[0], low[1], 0x5410), __byte_perm(low[0], low[1], 0x7632),
                               __byte_perm(high[0], high[1], 0x5410), __byte_perm(high[0], high[1], 0x7632));
        }
    }
}

// The chunk of a thread: byte `byte` of the source rows `row`, `row + rows`, ... below `count`, counted from step `step`.
struct Chunk {
    uint32_t byte;
    uint32_t row;
    uint32_t rows;
    uint32_t count;
    int step;
};

// Brings a thread's chunk of the frames at `src` to shared memory at `to`. The frames are `stride` bytes apart.
template <uint32_t FRAMES, Load LOAD>
__device__ __forceinline__ void stage(const SampleWordsArgs& args, unsigned char* to, uint64_t src, uint64_t stride, const Chunk& chunk,
                                      uint32_t pitch) {
    const uint32_t channels = args.src.channels;
    const uint32_t sources[2] = {0x0100u | channels << 4 | (channels + 1) << 12, 0x0302u | (channels + 2) << 4 | (channels + 3) << 12};
    const uint32_t left = row_bytes(args.src) - chunk.byte;
#pragma unroll 1
    for (uint32_t row = chunk.row; row < chunk.count; row += chunk.rows) {
        const int step = chunk.step + static_cast<int>(row);
        const uint32_t at = min(max(args.row + args.row_step * step, args.low), args.high);
        uint64_t address = src + at * args.src.row_pitch + chunk.byte;
        uint32_t words[FRAMES][5];
#pragma unroll
        for (uint32_t frame = 0; frame < FRAMES; ++frame) {
            if constexpr (LOAD == Load::ALIGNED) {
                load_aligned(address, left, words[frame]);
            } else if constexpr (LOAD == Load::SHIFTED) {
                load_shifted(address, words[frame]);
            } else {
                load_bytewise(address, left, words[frame]);
            }
            address += stride;
        }
        store_pairs<FRAMES>(reinterpret_cast<uint4*>(to), words, sources);
        to += chunk.rows * pitch;
    }
}

// The sum of `dp2a`, shifted right by 4. The result is 2^27 + 16 * (sum >> 4): `sum` is below 2^20 and added to the bits of the number
// 2^23, and a number of at least 2^27 is a multiple of 16.
__device__ __forceinline__ float shifted(uint32_t sum) {
    return __fadd_rz(__uint_as_float(sum), 0x1p27f - 0x1p23f);
}

// The word of a thread: four samples of a row.
struct Word {
    // The bytes in shared memory at which the pairs of the row to be interpolated next lie.
    uint32_t pairs[4];
    // The weights of each pair in 1/2048.
    uint32_t weights[4];
};

// Interpolates the four samples of a word along x in the next row of shared memory: w0 * p0 + w1 * p1, shifted right by 4.
template <uint32_t FRAMES>
__device__ __forceinline__ void interpolate(const Staged& staged, Word& word, float (*sums)[4]) {
    constexpr uint32_t EXPONENT = 0x4b000000u;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        const unsigned char* at = staged.lines + word.pairs[i];
        if constexpr (FRAMES == 1) {
            sums[0][i] = shifted(dp2a_lo(word.weights[i], *reinterpret_cast<const uint16_t*>(at), EXPONENT));
        } else {
            const uint32_t pairs = *reinterpret_cast<const uint32_t*>(at);
            sums[0][i] = shifted(dp2a_lo(word.weights[i], pairs, EXPONENT));
            sums[1][i] = shifted(dp2a_hi(word.weights[i], pairs, EXPONENT));
        }
        word.pairs[i] += staged.pitch;
    }
}

// The four samples of a word from its two interpolated rows: ((w0 * h0 >> 16) + (w1 * h1 >> 16) + 2) >> 2 each.
//
// A weight is w / 2^20 and an interpolated sample 2^27 + 16 * h, so that their product is w * 128 + w * h / 2^16. `start` is
// 1.5 * 2^23 + 2 less both w * 128. The sum of it and of the first product is below 2^24 and at least 2^23, where numbers are
// integers: rounding it towards zero is the shift of the first product. The same holds for the sum with the second one. Its
// lowest 16 bits are the rounded value, four times the sample.
__device__ __forceinline__ uint32_t blend(const float* even, const float* odd, const LineTap& line) {
    uint32_t sums[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        sums[i] = __float_as_uint(__fmaf_rz(line.odd, odd[i], __fmaf_rz(line.even, even[i], line.start)));
    }
    const uint32_t low = __byte_perm(sums[0], sums[2], 0x5410);
    const uint32_t high = __byte_perm(sums[1], sums[3], 0x5410);
    return __byte_perm(low >> 2, high << 6, 0x7250);
}

// Inline PTX, since the compiler makes a generic store of `store` here.
__device__ __forceinline__ void store_word(uint64_t address, uint32_t word) {
    asm volatile("st.global.cs.u32 [%0], %1;" : : "l"(address), "r"(word) : "memory");
}

// Where a thread writes its words.
struct Target {
    uint64_t address;
    // The word's bytes in the row, 1 to 4.
    uint32_t bytes;
    // Frames of the thread that exist.
    uint32_t frames;
};

// Makes a thread's words of all rows of the strip. WHOLE: all words are aligned, and all frames exist.
template <uint32_t FRAMES, bool WHOLE>
__device__ __forceinline__ void make_rows(const SampleWordsArgs& args, const Staged& staged, Word& word, Target target) {
    // The interpolated rows of even and odd steps.
    float even[FRAMES][4];
    float odd[FRAMES][4];
    uint32_t at = 0;
    LineTap line = *reinterpret_cast<const LineTap*>(staged.lines);
    int step = line.step;
    // Makes the rows of this step, and goes to the next one.
    const auto make = [&]() {
#pragma unroll 1
        while (line.step == step) {
            uint32_t samples[FRAMES];
#pragma unroll
            for (uint32_t frame = 0; frame < FRAMES; ++frame) {
                samples[frame] = blend(even[frame], odd[frame], line);
            }
            at += sizeof(LineTap);
            line = *reinterpret_cast<const LineTap*>(staged.lines + at);
#pragma unroll
            for (uint32_t frame = 0; frame < FRAMES; ++frame) {
                const uint64_t address = target.address + frame * args.dst.batch_stride;
                if (WHOLE) {
                    store_word(address, samples[frame]);
                } else if (frame < target.frames) {
#pragma unroll
                    for (uint32_t byte = 0; byte < 4; ++byte) {
                        if (byte < target.bytes) {
                            store(address + byte, static_cast<uint8_t>(samples[frame] >> (8 * byte)));
                        }
                    }
                }
            }
            target.address += args.dst.row_pitch;
        }
        ++step;
    };
    if (step % 2 == 0) {
        interpolate<FRAMES>(staged, word, odd);
        interpolate<FRAMES>(staged, word, even);
        make();
    } else {
        interpolate<FRAMES>(staged, word, even);
    }
#pragma unroll 1
    while (line.step >= 0) {
        interpolate<FRAMES>(staged, word, odd);
        make();
        if (line.step < 0) {
            break;
        }
        interpolate<FRAMES>(staged, word, even);
        make();
    }
}

// Makes the tile of a block in `FRAMES` frames. The grid has a block for each tile, strip and group of frames.
template <uint32_t FRAMES>
__device__ __forceinline__ void make_tile(const SampleWordsArgs& args) {
    extern __shared__ uint4 shared[];
    const uint32_t thread = threadIdx.x;
    const uint32_t words = (row_bytes(args.dst) + 3) / 4;
    const WordTile* tiles = reinterpret_cast<const WordTile*>(args.tables);
    const WordTap* taps = reinterpret_cast<const WordTap*>(tiles + gridDim.x);
    const int4* lines = reinterpret_cast<const int4*>(taps + words);
    const uint32_t index = blockIdx.x * blockDim.x + thread;
    const uint4 tile = __ldg(reinterpret_cast<const uint4*>(tiles + blockIdx.x));
    const uint4* tap = reinterpret_cast<const uint4*>(taps + min(index, words - 1));
    const uint4 pairs = __ldg(tap);
    const uint4 weights = __ldg(tap + 1);
    const uint32_t lines_bytes = (args.strip + 1) * sizeof(LineTap);
    const Staged staged{reinterpret_cast<unsigned char*>(shared), lines_bytes, 2 * FRAMES * CHUNK * tile.y};
    // The thread loads its chunk of each `tile.w`-th source row.
    Chunk chunk;
    chunk.row = thread * tile.z >> 16;
    chunk.rows = tile.w;
    const uint32_t column = thread - chunk.row * tile.y;
    chunk.byte = tile.x + CHUNK * column;
    unsigned char* to = staged.lines + staged.rows + chunk.row * staged.pitch + 2 * FRAMES * CHUNK * column;

    const uint32_t y = blockIdx.y * args.strip;
    const uint32_t count = min(args.strip, args.dst.height - y);
    chunk.step = __ldg(&lines[y].x) - 1;
    chunk.count = __ldg(&lines[y + count - 1].x) - chunk.step + 1;
    for (uint32_t i = thread; i < count; i += blockDim.x) {
        reinterpret_cast<int4*>(shared)[i] = __ldg(lines + y + i);
    }
    if (thread == 0) {
        reinterpret_cast<int4*>(shared)[count] = make_int4(-1, 0, 0, 0);
    }
    const uint32_t frame = blockIdx.z * FRAMES;
    const uint32_t frames = min(FRAMES, args.dst.batch - frame);
    if (chunk.row < chunk.rows) {
        const uint64_t src = args.src.base + frame * args.src.batch_stride;
        // A frame that does not exist is computed as the one before it, and not written.
        const uint64_t stride = frames == FRAMES ? args.src.batch_stride : 0;
        const uint32_t left = row_bytes(args.src) - chunk.byte;
        if (rows_aligned(args.src, CHUNK) && left >= CHUNK) {
            stage<FRAMES, Load::ALIGNED>(args, to, src, stride, chunk, staged.pitch);
        } else if (chunk.byte >= 3 && left >= CHUNK + 8) {
            stage<FRAMES, Load::SHIFTED>(args, to, src, stride, chunk, staged.pitch);
        } else {
            stage<FRAMES, Load::BYTEWISE>(args, to, src, stride, chunk, staged.pitch);
        }
    }
    __syncthreads();
    if (index >= words) {
        return;
    }
    const auto place = [&](uint32_t pair) { return staged.rows + 2 * FRAMES * pair; };
    Word word{{place(pairs.x), place(pairs.y), place(pairs.z), place(pairs.w)}, {weights.x, weights.y, weights.z, weights.w}};
    const uint64_t row = args.dst.base + frame * args.dst.batch_stride + y * args.dst.row_pitch;
    const Target target{row + 4 * index, min(4u, row_bytes(args.dst) - 4 * index), frames};
    if (rows_aligned(args.dst, 4) && target.bytes == 4 && frames == FRAMES) {
        make_rows<FRAMES, true>(args, staged, word, target);
    } else {
        make_rows<FRAMES, false>(args, staged, word, target);
    }
}

extern "C" __global__ void __launch_bounds__(192, 6) sample_words(const __grid_constant__ SampleWordsArgs args) {
    make_tile<1>(args);
}

extern "C" __global__ void __launch_bounds__(192, 6) sample_words_2(const __grid_constant__ SampleWordsArgs args) {
    make_tile<2>(args);
}
