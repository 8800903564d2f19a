// Sharpness as in torchvision; the arithmetic is that of the operator's reference. One thread computes one sample of some rows.
#include "args/sharpness.cuh"
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256) sharpness(const __grid_constant__ SharpnessArgs args) {
    const int last_x = static_cast<int>(args.src.width) - 1;
    const int last_y = static_cast<int>(args.src.height) - 1;
    for_each_sample(args.dst, [&](uint32_t frame, int x, int c, int y) {
        const uint32_t channels = args.src.channels;
        const size_t at = size_t(x) * channels + c;
        const uint32_t sample = __ldg(image_row<const uint8_t>(args.src, frame, y) + at);
        uint32_t out = sample;
        if (x > 0 && x < last_x && y > 0 && y < last_y) {
            uint32_t sum = 4 * sample;
#pragma unroll
            for (int row = -1; row <= 1; ++row) {
                const uint8_t* src = image_row<const uint8_t>(args.src, frame, y + row) + at;
                sum += __ldg(src - channels) + __ldg(src) + __ldg(src + channels);
            }
            // The sum divided by 13, rounded.
            const float mean = static_cast<float>((2 * sum + 13) / 26);
            const float middle = static_cast<float>(sample);
            const float sharp = __fmaf_rn(__fsub_rn(mean, middle), args.rest, middle);
            out = static_cast<uint32_t>(__float2int_rz(fminf(fmaxf(sharp, 0.0f), 255.0f)));
        }
        image_row<uint8_t>(args.dst, frame, y)[at] = static_cast<uint8_t>(out);
    });
}
