// Color spaces of 8-bit images, and the gray of torchvision; the arithmetic is that of the operators' references.
//
// Floating-point operations are written as the one rounding that each of them has: nothing is contracted.
#include "args/color.cuh"
#include "args/color_space.cuh"
#include "color_pixels.cuh"

// The numbers of the variants of `Space` in crates/ops/src, doubled; the next number is the way back.
enum Operation : uint32_t {
    RGB_TO_HSV = 0,
    HSV_TO_RGB = 1,
    RGB_TO_HSV_FULL = 2,
    HSV_FULL_TO_RGB = 3,
    RGB_TO_HLS = 4,
    HLS_TO_RGB = 5,
    RGB_TO_YCRCB = 6,
    YCRCB_TO_RGB = 7,
    RGB_TO_YUV = 8,
    YUV_TO_RGB = 9,
    RGB_TO_XYZ = 10,
    XYZ_TO_RGB = 11,
    RGB_TO_LAB = 12,
    LAB_TO_RGB = 13,
    LINEAR_RGB_TO_LAB = 14,
    LAB_TO_LINEAR_RGB = 15,
};

// An integer clamped to a sample.
__device__ __forceinline__ uint32_t clamped(int value) { return min(max(value, 0), 255); }

// A number rounded to the nearest sample, half to even.
__device__ __forceinline__ uint32_t rounded(float number) { return clamped(__float2int_rn(number)); }

// A sum in 2^-`BITS`, rounded.
template <int BITS>
__device__ __forceinline__ int scaled(int sum) { return (sum + (1 << (BITS - 1))) >> BITS; }

// A sample of 0 to 1.
__device__ __forceinline__ float unit(uint32_t sample) { return __fmul_rn(static_cast<float>(sample), 1.0f / 255.0f); }

struct Rgb {
    int r, g, b;
};

// A conversion of a color of red, green and blue, which may come with blue first.
template <typename F>
struct FromRgb {
    static constexpr int SRC = 3, DST = 3;
    F convert;
    bool blue_first;
    __device__ void operator()(const uint32_t* p, uint32_t* q) const {
        const int first = p[0], last = p[2];
        convert(Rgb{blue_first ? last : first, static_cast<int>(p[1]), blue_first ? first : last}, q);
    }
};

// A conversion to red, green and blue, which are written with blue first where that is wanted.
template <typename F>
struct ToRgb {
    static constexpr int SRC = 3, DST = 3;
    F convert;
    bool blue_first;
    __device__ void operator()(const uint32_t* p, uint32_t* q) const {
        const Rgb color = convert(p[0], p[1], p[2]);
        q[0] = blue_first ? color.b : color.r;
        q[1] = color.g;
        q[2] = blue_first ? color.r : color.b;
    }
};

template <typename F>
__device__ __forceinline__ void from_rgb(const ColorSpaceArgs& args, const F& convert) {
    convert_batch(args.src, args.dst, FromRgb<F>{convert, args.blue_first != 0});
}

template <typename F>
__device__ __forceinline__ void to_rgb(const ColorSpaceArgs& args, const F& convert) {
    convert_batch(args.src, args.dst, ToRgb<F>{convert, args.blue_first != 0});
}

// Hue of 0 to `range`. The tables are factors of saturations by value, then factors of hues by difference.
struct RgbToHsv {
    const uint32_t* tables;
    int range;
    __device__ void operator()(const Rgb& of, uint32_t* q) const {
        const int value = max(max(of.r, of.g), of.b);
        const int difference = value - min(min(of.r, of.g), of.b);
        const int sector = value == of.r ? of.g - of.b : value == of.g ? of.b - of.r + 2 * difference : of.r - of.g + 4 * difference;
        const int hue = scaled<12>(sector * static_cast<int>(__ldg(tables + 256 + difference)));
        q[0] = clamped(hue < 0 ? hue + range : hue);
        q[1] = scaled<12>(difference * static_cast<int>(__ldg(tables + value)));
        q[2] = value;
    }
};

// `sectors` is f32(6 / range).
struct HsvToRgb {
    float sectors;
    __device__ Rgb operator()(uint32_t hue, uint32_t saturation, uint32_t value) const {
        const float s = unit(saturation), v = unit(value);
        const float position = __fmul_rn(static_cast<float>(hue), sectors);
        const int whole = __float2int_rz(position);
        const float f = __fsub_rn(position, static_cast<float>(whole));
        const float t1 = __fmul_rn(v, __fsub_rn(1.0f, s));
        const float t2 = __fmul_rn(v, __fmaf_rn(-s, f, 1.0f));
        const float t3 = __fmul_rn(v, __fmaf_rn(-s, __fsub_rn(1.0f, f), 1.0f));
        float r, g, b;
        switch (whole % 6) {
            case 0: r = v, g = t3, b = t1; break;
            case 1: r = t2, g = v, b = t1; break;
            case 2: r = t1, g = v, b = t3; break;
            case 3: r = t1, g = t2, b = v; break;
            case 4: r = t3, g = t1, b = v; break;
            default: r = v, g = t1, b = t2; break;
        }
        return Rgb{sample(r), sample(g), sample(b)};
    }
    static __device__ int sample(float number) { return rounded(__fmul_rn(number, 255.0f)); }
};

struct RgbToHls {
    __device__ void operator()(const Rgb& of, uint32_t* q) const {
        const float r = unit(of.r), g = unit(of.g), b = unit(of.b);
        const float most = fmaxf(fmaxf(r, g), b), least = fminf(fminf(r, g), b);
        const float difference = __fsub_rn(most, least), sum = __fadd_rn(most, least);
        const float lightness = __fmul_rn(sum, 0.5f);
        float hue = 0.0f, saturation = 0.0f;
        if (difference > 1.1920929e-07f) {
            saturation = __fdiv_rn(difference, lightness < 0.5f ? sum : __fsub_rn(2.0f, sum));
            const float factor = __fdiv_rn(60.0f, difference);
            const bool red = most == r, green = most == g;
            const float side = red ? __fsub_rn(g, b) : green ? __fsub_rn(b, r) : __fsub_rn(r, g);
            const float degrees = __fmaf_rn(side, factor, red ? (g < b ? 360.0f : 0.0f) : green ? 120.0f : 240.0f);
            hue = __fmul_rn(degrees, 0.5f);
        }
        q[0] = rounded(hue);
        q[1] = rounded(__fmul_rn(lightness, 255.0f));
        q[2] = rounded(__fmul_rn(saturation, 255.0f));
    }
};

struct HlsToRgb {
    __device__ Rgb operator()(uint32_t hue, uint32_t lightness, uint32_t saturation) const {
        const float l = unit(lightness), s = unit(saturation);
        const float position = __fmul_rn(static_cast<float>(hue), 6.0f / 180.0f);
        const float both = __fmul_rn(l, s);
        const float e = l <= 0.5f ? both : __fsub_rn(s, both);
        const float whole = static_cast<float>(__float2int_rz(position));
        const float f = __fsub_rn(position, whole);
        const float turns = static_cast<float>(__float2int_rz(__fmul_rn(position, 1.0f / 6.0f)));
        const float sector = __fsub_rn(whole, __fmul_rn(6.0f, turns));
        const float part = __fmul_rn(e, __fadd_rn(f, f));
        const float t0 = __fadd_rn(l, e), t1 = __fsub_rn(l, e);
        const float t2 = __fsub_rn(t0, part), t3 = __fadd_rn(t1, part);
        const float r = sector < 1.0f ? t0 : sector < 2.0f ? t2 : sector < 4.0f ? t1 : sector <= 4.0f ? t3 : t0;
        const float g = sector < 1.0f ? t3 : sector <= 2.0f ? t0 : sector < 4.0f ? t2 : t1;
        const float b = sector < 2.0f ? t1 : sector <= 2.0f ? t3 : sector <= 4.0f ? t0 : t2;
        return Rgb{sample(r), sample(g), sample(b)};
    }
    static __device__ int sample(float number) { return rounded(__fmul_rn(number, 255.0f)); }
};

// Luma and two differences, of red with the weight `RED` and of blue with `BLUE`; with `BLUE_BEFORE` that of blue comes first.
template <int RED, int BLUE, bool BLUE_BEFORE>
struct RgbToLuma {
    __device__ void operator()(const Rgb& of, uint32_t* q) const {
        const int y = scaled<14>(4899 * of.r + 9617 * of.g + 1868 * of.b);
        q[0] = y;
        q[BLUE_BEFORE ? 2 : 1] = clamped(scaled<14>((of.r - y) * RED + (128 << 14)));
        q[BLUE_BEFORE ? 1 : 2] = clamped(scaled<14>((of.b - y) * BLUE + (128 << 14)));
    }
};

// The way back; the weights are those of the difference of red in red and green, and of that of blue in green and blue.
template <int RED, int RED_GREEN, int BLUE_GREEN, int BLUE, bool BLUE_BEFORE>
struct LumaToRgb {
    __device__ Rgb operator()(int y, int second, int third) const {
        const int red = (BLUE_BEFORE ? third : second) - 128, blue = (BLUE_BEFORE ? second : third) - 128;
        return Rgb{
            static_cast<int>(clamped(y + scaled<14>(red * RED))),
            static_cast<int>(clamped(y + scaled<14>(blue * BLUE_GREEN + red * RED_GREEN))),
            static_cast<int>(clamped(y + scaled<14>(blue * BLUE)))};
    }
};

struct RgbToXyz {
    __device__ void operator()(const Rgb& of, uint32_t* q) const {
        q[0] = clamped(scaled<12>(1689 * of.r + 1465 * of.g + 739 * of.b));
        q[1] = clamped(scaled<12>(871 * of.r + 2929 * of.g + 296 * of.b));
        q[2] = clamped(scaled<12>(79 * of.r + 488 * of.g + 3892 * of.b));
    }
};

struct XyzToRgb {
    __device__ Rgb operator()(int x, int y, int z) const {
        return Rgb{
            static_cast<int>(clamped(scaled<12>(13273 * x - 6296 * y - 2042 * z))),
            static_cast<int>(clamped(scaled<12>(-3970 * x + 7684 * y + 170 * z))),
            static_cast<int>(clamped(scaled<12>(228 * x - 836 * y + 4331 * z)))};
    }
};

// The tables are linear samples in 1/2040, then cube roots in 1/32768.
struct RgbToLab {
    const uint32_t* tables;
    __device__ void operator()(const Rgb& of, uint32_t* q) const {
        const int r = __ldg(tables + of.r), g = __ldg(tables + of.g), b = __ldg(tables + of.b);
        const int x = root(1777 * r + 1541 * g + 778 * b);
        const int y = root(871 * r + 2929 * g + 296 * b);
        const int z = root(73 * r + 448 * g + 3575 * b);
        q[0] = clamped(scaled<15>(296 * y - 1336934));
        q[1] = clamped(scaled<15>(500 * (x - y) + (128 << 15)));
        q[2] = clamped(scaled<15>(200 * (y - z) + (128 << 15)));
    }
    __device__ int root(int sum) const { return __ldg(tables + 256 + scaled<12>(sum)); }
};

// The tables are luminances with the roots above them (16 bits each), then samples of linear numbers in 1/4096.
struct LabToRgb {
    const uint32_t* tables;
    __device__ Rgb operator()(int lightness, int a, int b) const {
        const uint32_t entry = __ldg(tables + lightness);
        const int y = entry & 0xffff, root = entry >> 16;
        const int x = cube(root + ((5 * a * 53687 + 128) >> 13) - 4194);
        const int z = cube(root - (((b * 41943 + 16) >> 9) - 10484));
        return Rgb{
            sample(12615 * x - 6296 * y - 2223 * z), sample(-3773 * x + 7684 * y + 185 * z), sample(217 * x - 836 * y + 4715 * z)};
    }
    static __device__ int cube(int k) { return k <= 3390 ? k * 108 / 841 - 290 : k * k / 16384 * k / 16384; }
    __device__ int sample(int sum) const { return __ldg(tables + 256 + min(max(scaled<14>(sum), 0), 4095)); }
};

extern "C" __global__ void __launch_bounds__(256) color_space(const __grid_constant__ ColorSpaceArgs args) {
    const uint32_t* tables = reinterpret_cast<const uint32_t*>(args.tables);
    switch (args.conversion) {
        case RGB_TO_HSV: from_rgb(args, RgbToHsv{tables, 180}); break;
        case HSV_TO_RGB: to_rgb(args, HsvToRgb{6.0f / 180.0f}); break;
        case RGB_TO_HSV_FULL: from_rgb(args, RgbToHsv{tables, 256}); break;
        case HSV_FULL_TO_RGB: to_rgb(args, HsvToRgb{6.0f / 255.0f}); break;
        case RGB_TO_HLS: from_rgb(args, RgbToHls{}); break;
        case HLS_TO_RGB: to_rgb(args, HlsToRgb{}); break;
        case RGB_TO_YCRCB: from_rgb(args, RgbToLuma<11682, 9241, false>{}); break;
        case YCRCB_TO_RGB: to_rgb(args, LumaToRgb<22987, -11698, -5636, 29049, false>{}); break;
        case RGB_TO_YUV: from_rgb(args, RgbToLuma<14369, 8061, true>{}); break;
        case YUV_TO_RGB: to_rgb(args, LumaToRgb<18678, -9519, -6472, 33292, true>{}); break;
        case RGB_TO_XYZ: from_rgb(args, RgbToXyz{}); break;
        case XYZ_TO_RGB: to_rgb(args, XyzToRgb{}); break;
        case RGB_TO_LAB:
        case LINEAR_RGB_TO_LAB: from_rgb(args, RgbToLab{tables}); break;
        case LAB_TO_RGB:
        case LAB_TO_LINEAR_RGB: to_rgb(args, LabToRgb{tables}); break;
    }
}

// Gray of torchvision, of pixels of `SRC_` samples.
template <int SRC_>
struct Gray {
    static constexpr int SRC = SRC_, DST = 1;
    bool blue_first;
    __device__ void operator()(const uint32_t* p, uint32_t* q) const {
        const float first = p[0], green = p[1], last = p[2];
        const float red = blue_first ? last : first, blue = blue_first ? first : last;
        q[0] = __float2uint_rz(__fmaf_rn(blue, 0.114f, __fmaf_rn(green, 0.587f, __fmul_rn(red, 0.2989f))));
    }
};

// The numbers of the conversions from BGR and BGRA to gray among the variants of `ColorConversion`.
constexpr uint32_t BGR_TO_GRAY = 1, BGRA_TO_GRAY = 8;

extern "C" __global__ void __launch_bounds__(256) gray_torchvision(const __grid_constant__ ColorArgs args) {
    const bool blue_first = args.conversion == BGR_TO_GRAY || args.conversion == BGRA_TO_GRAY;
    if (args.src.channels == 4) {
        convert_batch(args.src, args.dst, Gray<4>{blue_first});
    } else {
        convert_batch(args.src, args.dst, Gray<3>{blue_first});
    }
}
