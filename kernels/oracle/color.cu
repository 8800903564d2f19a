// Oracle of color conversions of 8-bit images; the arithmetic is that of the operator's reference.
#include "args/color.cuh"
#include "color_pixels.cuh"

// The numbers of the variants of `ColorConversion` in crates/ops/src.
enum Conversion : uint32_t {
    RGB_TO_GRAY = 0,
    BGR_TO_GRAY = 1,
    RGBA_TO_GRAY = 2,
    RGB_TO_BGR = 3,
    BGR_TO_RGB = 4,
    RGBA_TO_RGB = 5,
    RGB_TO_RGBA = 6,
    GRAY_TO_RGB = 7,
    BGRA_TO_GRAY = 8,
    RGBA_TO_BGR = 9,
    RGBA_TO_BGRA = 10,
    BGRA_TO_RGB = 11,
    BGRA_TO_BGR = 12,
    BGRA_TO_RGBA = 13,
    RGB_TO_BGRA = 14,
    BGR_TO_RGBA = 15,
    BGR_TO_BGRA = 16,
    GRAY_TO_BGR = 17,
    GRAY_TO_RGBA = 18,
    GRAY_TO_BGRA = 19,
};

// The number of a variant of `ColorLike`.
constexpr uint32_t PILLOW = 1;

// Gray of pixels of `SRC_` samples; with `SWAP` blue is the first.
template <int SRC_, bool SWAP>
struct Gray {
    static constexpr int SRC = SRC_, DST = 1;
    uint32_t like;
    __device__ void operator()(const uint32_t* p, uint32_t* q) const {
        const uint32_t r = p[SWAP ? 2 : 0], g = p[1], b = p[SWAP ? 0 : 2];
        q[0] = like == PILLOW ? (19595 * r + 38470 * g + 7471 * b + 32768) >> 16 : luma(r, g, b);
    }
};

// Copies of samples; with `SWAP` red and blue change places.
template <int SRC_, int DST_, bool SWAP>
struct Copy {
    static constexpr int SRC = SRC_, DST = DST_;
    __device__ void operator()(const uint32_t* p, uint32_t* q) const {
        constexpr int LAST = SRC - 1;
        q[0] = p[SRC == 1 ? 0 : SWAP ? 2 : 0];
        q[1] = p[SRC == 1 ? 0 : 1];
        q[2] = p[SRC == 1 ? 0 : SWAP ? 0 : 2];
        if (DST == 4) {
            q[DST - 1] = SRC == 4 ? p[LAST] : 255;
        }
    }
};

extern "C" __global__ void __launch_bounds__(256) color(const __grid_constant__ ColorArgs args) {
    switch (args.conversion) {
        case RGB_TO_GRAY: convert_batch(args.src, args.dst, Gray<3, false>{args.like}); break;
        case BGR_TO_GRAY: convert_batch(args.src, args.dst, Gray<3, true>{args.like}); break;
        case RGBA_TO_GRAY: convert_batch(args.src, args.dst, Gray<4, false>{args.like}); break;
        case BGRA_TO_GRAY: convert_batch(args.src, args.dst, Gray<4, true>{args.like}); break;
        case RGB_TO_BGR:
        case BGR_TO_RGB: convert_batch(args.src, args.dst, Copy<3, 3, true>{}); break;
        case RGBA_TO_RGB:
        case BGRA_TO_BGR: convert_batch(args.src, args.dst, Copy<4, 3, false>{}); break;
        case RGBA_TO_BGR:
        case BGRA_TO_RGB: convert_batch(args.src, args.dst, Copy<4, 3, true>{}); break;
        case RGBA_TO_BGRA:
        case BGRA_TO_RGBA: convert_batch(args.src, args.dst, Copy<4, 4, true>{}); break;
        case RGB_TO_RGBA:
        case BGR_TO_BGRA: convert_batch(args.src, args.dst, Copy<3, 4, false>{}); break;
        case RGB_TO_BGRA:
        case BGR_TO_RGBA: convert_batch(args.src, args.dst, Copy<3, 4, true>{}); break;
        case GRAY_TO_RGB:
        case GRAY_TO_BGR: convert_batch(args.src, args.dst, Copy<1, 3, false>{}); break;
        case GRAY_TO_RGBA:
        case GRAY_TO_BGRA: convert_batch(args.src, args.dst, Copy<1, 4, false>{}); break;
    }
}
