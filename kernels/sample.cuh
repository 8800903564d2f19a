// Device functions that sample_rows.cu and sample_taps.cu share: color conversion, threshold, normalization and stores. The two
// compute chains of color conversions, gathers (crop, flip, pad), one resize, threshold and normalization in one pass, with the
// same results as the oracle kernels of the single operators, bit for bit.
//
// A pixel is one word, its first channel in the lowest byte; the bytes above its channels are undefined. Pixels are read as
// aligned words where all bytes of these words belong to the image, otherwise byte by byte: no byte outside the rows is read.
#pragma once

#include "args/sample.cuh"
#include "common.cuh"
#include "half.cuh"

// Two words: two neighboring pixels of a row, or up to eight bytes of it.
struct Pair {
    uint32_t first;
    uint32_t second;
};

__device__ __forceinline__ uint32_t load_word(uint64_t address) {
    return __ldg(reinterpret_cast<const uint32_t*>(address));
}

__device__ __forceinline__ int load_byte(uint64_t address) {
    return __ldg(reinterpret_cast<const uint8_t*>(address));
}

// Loads the first `count` bytes at `address`, at most `MOST`, into two words. Loads aligned words, but at the edges of rows (EDGE)
// single bytes, since a word there may hold bytes outside the image.
template <uint32_t MOST, bool EDGE>
__device__ __forceinline__ Pair load_bytes(uint64_t address, uint32_t count) {
    if constexpr (EDGE) {
        uint32_t words[2] = {0, 0};
#pragma unroll
        for (uint32_t i = 0; i < MOST; ++i) {
            if (i < count) {
                words[i / 4] |= static_cast<uint32_t>(load_byte(address + i)) << (8 * (i % 4));
            }
        }
        return Pair{words[0], words[1]};
    }
    const uint64_t words = address & ~uint64_t(3);
    const uint32_t low = static_cast<uint32_t>(address);
    const uint32_t end = (low & 3u) + count;
    const uint32_t a = load_word(words);
    uint32_t b = 0;
    uint32_t c = 0;
    if (MOST > 1 && end > 4) {
        b = load_word(words + 4);
    }
    if (MOST > 5 && end > 8) {
        c = load_word(words + 8);
    }
    // The funnel shift takes its amount modulo 32.
    return Pair{__funnelshift_r(a, b, 8 * low), MOST > 4 ? __funnelshift_r(b, c, 8 * low) : 0};
}

// Converts the colors of `N` pixels.
template <int N>
__device__ __forceinline__ void convert_color(const ColorMapArgs& map, uint32_t* pixels) {
    if (map.has_luma) {
#pragma unroll
        for (int i = 0; i < N; ++i) {
            pixels[i] = dp2a_hi(map.weights_high, pixels[i], dp2a_lo(map.weights_low, pixels[i], 16384u)) >> 15;
        }
    }
#pragma unroll
    for (int i = 0; i < N; ++i) {
        pixels[i] = __byte_perm(pixels[i], 255u, map.permutation);
    }
}

// Applies the steps of a chain after the taps, up to the threshold, to `N` pixels.
template <int N>
__device__ __forceinline__ void finish(const SampleArgs& args, uint32_t* pixels) {
    if (args.flags & AFTER) {
        convert_color<N>(args.after, pixels);
    }
    if (args.flags & THRESHOLD) {
#pragma unroll
        for (int i = 0; i < N; ++i) {
            pixels[i] = __vcmpgtu4(pixels[i], args.thresholds) & args.maxima;
        }
    }
}

template <typename Sample>
__device__ __forceinline__ Sample to_sample(const SampleArgs& args, uint32_t pixel, int c) {
    Sample sample;
    convert(__fmaf_rn(static_cast<float>((pixel >> (8 * c)) & 255u), args.scale[c], args.offset[c]), sample);
    return sample;
}

// Stores to global memory (st.global): from an address alone the compiler would make a generic store, which resolves the address
// space at run time.
template <typename Sample>
__device__ __forceinline__ void store(uint64_t address, Sample sample) {
    Sample* pointer = reinterpret_cast<Sample*>(address);
    __builtin_assume(__isGlobal(pointer));
    *pointer = sample;
}

// Writes pixels as floating-point numbers to position (x, y) of `FRAMES` frames, `gridDim.z` apart. The loop over the at most 4
// channels is unrolled, so that scale and offset are not indexed dynamically, which would place them in local memory.
template <typename Sample, int FRAMES>
__device__ __forceinline__ void write_floats(const SampleArgs& args, uint32_t first, uint32_t x, uint32_t y, const uint32_t* pixels) {
    const bool planar = args.flags & PLANAR;
    const uint32_t channels = args.dst.channels;
    uint64_t dst = reinterpret_cast<uint64_t>(image_row<Sample>(args.dst, first, y) + (planar ? x : x * channels));
    const uint64_t channel = planar ? args.dst.height * args.dst.row_pitch : sizeof(Sample);
#pragma unroll
    for (int i = 0; i < FRAMES; ++i) {
#pragma unroll
        for (int c = 0; c < 4; ++c) {
            if (c < channels) {
                store(dst + c * channel, to_sample<Sample>(args, pixels[i], c));
            }
        }
        dst += gridDim.z * args.dst.batch_stride;
    }
}

// The same as bytes, interleaved.
template <int FRAMES>
__device__ __forceinline__ void write_bytes(const SampleArgs& args, uint32_t first, uint32_t x, uint32_t y, const uint32_t* pixels) {
    const uint32_t channels = args.dst.channels;
    uint64_t address = reinterpret_cast<uint64_t>(image_row<uint8_t>(args.dst, first, y) + x * channels);
#pragma unroll
    for (int i = 0; i < FRAMES; ++i) {
        store(address, static_cast<uint8_t>(pixels[i]));
        if (channels > 1) {
            store(address + 1, static_cast<uint8_t>(pixels[i] >> 8));
            store(address + 2, static_cast<uint8_t>(pixels[i] >> 16));
        }
        if (channels > 3) {
            store(address + 3, static_cast<uint8_t>(pixels[i] >> 24));
        }
        address += gridDim.z * args.dst.batch_stride;
    }
}

// The same as samples of the type that the flags say.
template <int FRAMES>
__device__ __forceinline__ void write_pixels(const SampleArgs& args, uint32_t first, uint32_t x, uint32_t y, const uint32_t* pixels) {
    if (args.flags & F16_SAMPLES) {
        write_floats<F16, FRAMES>(args, first, x, y, pixels);
    } else if (args.flags & F32_SAMPLES) {
        write_floats<float, FRAMES>(args, first, x, y, pixels);
    } else if (args.flags & BF16_SAMPLES) {
        write_floats<Bf16, FRAMES>(args, first, x, y, pixels);
    } else {
        write_bytes<FRAMES>(args, first, x, y, pixels);
    }
}
