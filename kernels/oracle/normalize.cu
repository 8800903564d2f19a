// Oracle of normalization; the arithmetic is that of the operator's reference.
#include "args/normalize.cuh"
#include "common.cuh"
#include "half.cuh"

// `p * scale[c] + offset[c]` of each sample, as f32, f16 or bf16, interleaved or planar. One thread computes one pixel of some rows.
template <typename Sample>
__device__ __forceinline__ void normalize_batch(const NormalizeArgs& args) {
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= args.src.width) {
        return;
    }
    const uint32_t channels = args.src.channels;
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.src.height; y += gridDim.y * blockDim.y) {
            const uint8_t* src = image_row<const uint8_t>(args.src, frame, y) + size_t(x) * channels;
            // At most 4 channels. Unrolled, so that the factors are not indexed dynamically, which would place them in local memory.
#pragma unroll
            for (uint32_t c = 0; c < 4; ++c) {
                if (c < channels) {
                    const float value = __fmaf_rn(static_cast<float>(__ldg(src + c)), args.scale[c], args.offset[c]);
                    Sample* dst = args.planar ? image_row<Sample>(args.dst, frame, c * args.src.height + y) + x
                                              : image_row<Sample>(args.dst, frame, y) + size_t(x) * channels + c;
                    convert(value, *dst);
                }
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) normalize(const __grid_constant__ NormalizeArgs args) {
    switch (args.sample) {
        case 1: normalize_batch<F16>(args); break;
        case 2: normalize_batch<Bf16>(args); break;
        default: normalize_batch<float>(args);
    }
}
