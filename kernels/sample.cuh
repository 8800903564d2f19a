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

// Converts the colors of `N` pixels.
template <int N>
__device__ __forceinline__ void convert_color(const ColorMapArgs& map, uint32_t* pixels) {
    if (map.has_luma) {
#pragma unroll
        for (int i = 0; i < N; ++i) {
            pixels[i] = dp2a_hi(map.weights_high, pixels[i], dp2a_lo(map.weights_low, pixels[i], 32768u)) >> 16;
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

// `x` times a number of 48 bits, rounded once but in the rarest cases. `NormalizeTables` has no steps for a table with one of those.
__device__ __forceinline__ float product(float x, float high, float low) {
    return __fmaf_rn(x, high, __fmul_rn(x, low));
}

// The number of a sample of channel `c`, which is given as f32. See `NormalizeSteps`.
template <typename Sample>
__device__ __forceinline__ Sample number_of(const NormalizeSteps& steps, float byte, int c) {
    const float scaled = product(byte, steps.factor, steps.factor_low);
    const float moved = __fmaf_rn(scaled, steps.multiplier[c], steps.summand[c]);
    Sample sample;
    convert(product(moved, steps.reciprocal[c], steps.reciprocal_low[c]), sample);
    return sample;
}

// The number of channel `c` of a pixel.
template <typename Sample>
__device__ __forceinline__ Sample to_sample(const NormalizeSteps& steps, uint32_t pixel, int c) {
    return number_of<Sample>(steps, static_cast<float>((pixel >> (8 * c)) & 255u), c);
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
// channels is unrolled, so that the steps are not indexed dynamically, which would place them in local memory.
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
                store(dst + c * channel, to_sample<Sample>(args.normalize, pixels[i], c));
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
