// One pass of `resample`, along one axis, a pixel for each thread: for shapes that the kernels of resample.cu do not take, and the
// oracle of those.
#include "args/resample_pass.cuh"
#include "resample.cuh"

// The weighted sum of one sample. `Weight` is int32_t, or float.
template <typename Weight>
struct Sum;

template <>
struct Sum<int32_t> {
    int32_t value = 0;

    __device__ __forceinline__ void add(int32_t weight, int32_t sample, bool) { value += weight * sample; }

    __device__ __forceinline__ void finish(uint32_t shift, uint8_t& sample) const { sample = fixed_to_byte(value, shift); }
};

template <>
struct Sum<float> {
    float value = 0;

    __device__ __forceinline__ void add(float weight, float sample, bool first) {
        value = first ? __fmul_rn(weight, sample) : __fmaf_rn(weight, sample, value);
    }

    __device__ __forceinline__ void finish(uint32_t, float& sample) const { sample = value; }

    __device__ __forceinline__ void finish(uint32_t, uint8_t& sample) const {
        sample = static_cast<uint8_t>(__float2int_rn(fminf(fmaxf(value, 0.0f), 255.0f)));
    }
};

template <typename Weight, typename Source, typename Target, int CHANNELS, bool ALONG_X>
__device__ __forceinline__ void resampled_pixel(const ResamplePassArgs& args, uint32_t frame, uint32_t x, uint32_t y) {
    const ResampleSpan span = reinterpret_cast<const ResampleSpan*>(args.spans)[ALONG_X ? x : y];
    const Weight* weights = reinterpret_cast<const Weight*>(args.weights) + span.weight;
    Sum<Weight> sums[CHANNELS];
    for (uint32_t i = 0; i < span.count; ++i) {
        const uint32_t at = span.first + i;
        const Source* row = image_row<const Source>(args.src, frame, ALONG_X ? y : at) + (ALONG_X ? at : x) * CHANNELS;
        Source samples[CHANNELS];
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            samples[c] = __ldg(row + c);
        }
        if constexpr (CHANNELS == 4 && sizeof(Source) == 1) {
            if (args.flags & PREMULTIPLY) {
#pragma unroll
                for (int c = 0; c < 3; ++c) {
                    samples[c] = static_cast<uint8_t>(times_alpha(samples[c], samples[3]));
                }
            }
        }
        const Weight weight = __ldg(weights + i);
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            sums[c].add(weight, samples[c], i == 0);
        }
    }
    Target pixel[CHANNELS];
#pragma unroll
    for (int c = 0; c < CHANNELS; ++c) {
        sums[c].finish(args.shift, pixel[c]);
    }
    if constexpr (CHANNELS == 4 && sizeof(Target) == 1) {
        if (args.flags & UNPREMULTIPLY) {
#pragma unroll
            for (int c = 0; c < 3; ++c) {
                pixel[c] = static_cast<uint8_t>(by_alpha(pixel[c], pixel[3]));
            }
        }
    }
    Target* out = image_row<Target>(args.dst, frame, y) + x * CHANNELS;
#pragma unroll
    for (int c = 0; c < CHANNELS; ++c) {
        out[c] = pixel[c];
    }
}

template <typename Weight, typename Source, typename Target, bool ALONG_X>
__device__ __forceinline__ void pass(const ResamplePassArgs& args) {
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= args.dst.width) {
        return;
    }
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
            if (args.dst.channels == 1) {
                resampled_pixel<Weight, Source, Target, 1, ALONG_X>(args, frame, x, y);
            } else if (args.dst.channels == 3) {
                resampled_pixel<Weight, Source, Target, 3, ALONG_X>(args, frame, x, y);
            } else {
                resampled_pixel<Weight, Source, Target, 4, ALONG_X>(args, frame, x, y);
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) resample_columns(const __grid_constant__ ResamplePassArgs args) {
    pass<int32_t, uint8_t, uint8_t, true>(args);
}

extern "C" __global__ void __launch_bounds__(256) resample_lines(const __grid_constant__ ResamplePassArgs args) {
    pass<int32_t, uint8_t, uint8_t, false>(args);
}

extern "C" __global__ void __launch_bounds__(256) resample_columns_f32(const __grid_constant__ ResamplePassArgs args) {
    pass<float, uint8_t, uint8_t, true>(args);
}

extern "C" __global__ void __launch_bounds__(256) resample_lines_f32(const __grid_constant__ ResamplePassArgs args) {
    pass<float, uint8_t, uint8_t, false>(args);
}

extern "C" __global__ void __launch_bounds__(256) resample_columns_to_f32(const __grid_constant__ ResamplePassArgs args) {
    pass<float, uint8_t, float, true>(args);
}

extern "C" __global__ void __launch_bounds__(256) resample_lines_from_f32(const __grid_constant__ ResamplePassArgs args) {
    pass<float, float, uint8_t, false>(args);
}
