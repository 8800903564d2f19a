// From the components of a JPEG file to pixels, by the integer formulas of libjpeg-turbo, OpenCV and Pillow.
#pragma once

#include "args/jpeg_pixels.cuh"
#include "jpeg_idct.cuh"

// Byte `k` of a word.
template <int K>
__device__ __forceinline__ int32_t byte_at(uint32_t word) {
    return __byte_perm(word, 0, 0x4440 + K);
}

// Byte `k` of a word as a signed number.
template <int K>
__device__ __forceinline__ int32_t signed_byte_at(uint32_t word) {
    return static_cast<signed char>(word >> 8 * K);
}

__device__ __forceinline__ int32_t clamp_byte(int32_t value) {
    return min(max(value, 0), 255);
}

// A pixel in the making: red, green and blue, not yet limited to 0..255; gray is in `r` alone.
struct Pixel {
    int32_t r;
    int32_t g;
    int32_t b;
};

// YCbCr to RGB with 16 fractional bits: R = Y + ((91881 v + 32768) >> 16) and so on, with u = Cb - 128 and v = Cr - 128.
__device__ __forceinline__ Pixel from_ycbcr(int32_t luma, int32_t u, int32_t v) {
    // The luma moves into the shift: it is whole there.
    const int32_t base = luma * 65536 + 32768;
    return {(base + 91881 * v) >> 16, (base - 22554 * u - 46802 * v) >> 16, (base + 116130 * u) >> 16};
}

// One of C, M, Y, inverted as Adobe writes it, with the black that it is multiplied with.
template <bool PILLOW>
__device__ __forceinline__ int32_t with_black(int32_t ink, int32_t black) {
    if constexpr (PILLOW) {
        const int32_t t = (255 - ink) * black + 128;
        return max(0, black - (((t >> 8) + t) >> 8));
    } else {
        return black - ((255 - ink) * black >> 8);
    }
}

// The pixel of column K of four, from a word of each component.
template <uint32_t COLOR, int K>
__device__ __forceinline__ Pixel convert(const uint32_t* words) {
    constexpr bool INKS = COLOR >= CMYK_TO_RGB;
    constexpr bool YCC = COLOR == YCBCR_TO_RGB || COLOR == YCCK_TO_RGB || COLOR == YCCK_TO_GRAY || COLOR == YCCK_TO_RGB_PILLOW;
    Pixel pixel = {byte_at<K>(words[0]), 0, 0};
    if constexpr (YCC) {
        pixel = from_ycbcr(pixel.r, signed_byte_at<K>(words[1] ^ 0x80808080u), signed_byte_at<K>(words[2] ^ 0x80808080u));
    } else {
        pixel.g = byte_at<K>(words[1]);
        pixel.b = byte_at<K>(words[2]);
    }
    if constexpr (INKS) {
        if constexpr (YCC) {
            pixel = {255 - clamp_byte(pixel.r), 255 - clamp_byte(pixel.g), 255 - clamp_byte(pixel.b)};
        }
        constexpr bool PILLOW = COLOR == CMYK_TO_RGB_PILLOW || COLOR == YCCK_TO_RGB_PILLOW;
        const int32_t black = byte_at<K>(words[3]);
        pixel = {with_black<PILLOW>(pixel.r, black), with_black<PILLOW>(pixel.g, black), with_black<PILLOW>(pixel.b, black)};
    }
    if constexpr (COLOR == RGB_TO_GRAY) {
        pixel.r = (19595 * pixel.r + 38470 * pixel.g + 7471 * pixel.b + 32768) >> 16;
    } else if constexpr (COLOR == CMYK_TO_GRAY || COLOR == YCCK_TO_GRAY) {
        pixel.r = (4899 * pixel.r + 9617 * pixel.g + 1868 * pixel.b + 8192) >> 14;
    }
    return pixel;
}

// Four pixels from a word of each component: `out` gets a word where the output is gray, else three.
template <uint32_t COLOR>
__device__ __forceinline__ void convert_four(const uint32_t* words, uint32_t* out) {
    if constexpr (COLOR == GRAY) {
        out[0] = words[0];
    } else if constexpr (COLOR == GRAY_TO_RGB) {
        out[0] = __byte_perm(words[0], 0, 0x1000);
        out[1] = __byte_perm(words[0], 0, 0x2211);
        out[2] = __byte_perm(words[0], 0, 0x3332);
    } else {
        const Pixel p[4] = {convert<COLOR, 0>(words), convert<COLOR, 1>(words), convert<COLOR, 2>(words), convert<COLOR, 3>(words)};
        if constexpr (COLOR == RGB_TO_GRAY || COLOR == CMYK_TO_GRAY || COLOR == YCCK_TO_GRAY) {
            out[0] = saturated_bytes(p[0].r, p[1].r, p[2].r, p[3].r);
        } else {
            out[0] = saturated_bytes(p[0].r, p[0].g, p[0].b, p[1].r);
            out[1] = saturated_bytes(p[1].g, p[1].b, p[2].r, p[2].g);
            out[2] = saturated_bytes(p[2].b, p[3].r, p[3].g, p[3].b);
        }
    }
}
