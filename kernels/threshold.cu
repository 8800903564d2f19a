// Threshold of 8-bit samples; the arithmetic is that of the operator's reference.
//
// Images come as rows of samples. One thread computes 16 consecutive samples of some rows.
#include "args/threshold.cuh"
#include "common.cuh"

// `sixteen_samples` in crates/ops/src/kernels/mod.rs has the same number.
constexpr uint32_t SAMPLES_PER_THREAD = 16;

// Each sample `p` becomes `p > threshold ? maximum : 0`.
extern "C" __global__ void __launch_bounds__(256) threshold(const __grid_constant__ ThresholdArgs args) {
    const uint32_t x = (blockIdx.x * blockDim.x + threadIdx.x) * SAMPLES_PER_THREAD;
    if (x >= args.dst.width) {
        return;
    }
    const uint32_t count = min(args.dst.width - x, SAMPLES_PER_THREAD);
    const bool words = count == SAMPLES_PER_THREAD && rows_aligned(args.src, 16) && rows_aligned(args.dst, 16);
    const uint32_t limits = args.threshold * 0x01010101u;
    const uint32_t maxima = args.maximum * 0x01010101u;
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
            const uint8_t* src = image_row<const uint8_t>(args.src, frame, y) + x;
            uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + x;
            if (words) {
                const uint4 v = __ldg(reinterpret_cast<const uint4*>(src));
                *reinterpret_cast<uint4*>(dst) = make_uint4(
                    __vcmpgtu4(v.x, limits) & maxima, __vcmpgtu4(v.y, limits) & maxima,
                    __vcmpgtu4(v.z, limits) & maxima, __vcmpgtu4(v.w, limits) & maxima);
            } else {
#pragma unroll 1
                for (uint32_t i = 0; i < count; ++i) {
                    dst[i] = static_cast<uint8_t>(__ldg(src + i) > args.threshold ? args.maximum : 0u);
                }
            }
        }
    }
}
