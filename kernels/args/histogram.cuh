// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `histogram` and `histogram_4`.
struct HistogramArgs {
    // The images read, of 1, 3 or (`histogram_4`) 4 channels and fewer than 2^31 pixels.
    ImageParam src;
    // Address of the counts: for each image, each part and each channel 256 u32; a multiple of 16.
    uint64_t histograms;
    // Parts of an image.
    uint32_t parts;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(HistogramArgs) == 56);
static_assert(OFFSET_OF(HistogramArgs, src) == 0);
static_assert(OFFSET_OF(HistogramArgs, histograms) == 40);
static_assert(OFFSET_OF(HistogramArgs, parts) == 48);
static_assert(OFFSET_OF(HistogramArgs, reserved) == 52);

// Arguments of `measured_tables`.
struct MeasuredTablesArgs {
    // Address of the counts, as `histogram` writes them.
    uint64_t histograms;
    // Address of the tables written: for each image and each channel 256 bytes; a multiple of 16.
    uint64_t tables;
    // Parts of an image.
    uint32_t parts;
    // Channels of an image: 1 or 3.
    uint32_t channels;
    // Images of the batch.
    uint32_t batch;
    // The operator: 0 `equalize_hist`, 1 `equalize`, 2 `autocontrast`, 3 `otsu_threshold`.
    uint32_t kind;
    // Pixels of an image.
    uint32_t pixels;
    // The type of a threshold: 0 binary, 1 binary_inv, 2 trunc, 3 tozero, 4 tozero_inv.
    uint32_t threshold_type;
    // The maximum of a threshold: 0 to 255.
    uint32_t maximum;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(MeasuredTablesArgs) == 48);
static_assert(OFFSET_OF(MeasuredTablesArgs, histograms) == 0);
static_assert(OFFSET_OF(MeasuredTablesArgs, tables) == 8);
static_assert(OFFSET_OF(MeasuredTablesArgs, parts) == 16);
static_assert(OFFSET_OF(MeasuredTablesArgs, channels) == 20);
static_assert(OFFSET_OF(MeasuredTablesArgs, batch) == 24);
static_assert(OFFSET_OF(MeasuredTablesArgs, kind) == 28);
static_assert(OFFSET_OF(MeasuredTablesArgs, pixels) == 32);
static_assert(OFFSET_OF(MeasuredTablesArgs, threshold_type) == 36);
static_assert(OFFSET_OF(MeasuredTablesArgs, maximum) == 40);
static_assert(OFFSET_OF(MeasuredTablesArgs, reserved) == 44);

// Arguments of `measure`.
struct MeasureArgs {
    // The images that were counted, of 1, 3 or 4 channels; the kernel does not read them again.
    ImageParam src;
    // The numbers written: for each image a row for each channel, of 256 f32 for kind 0, 2 f64 for kinds 1 and 2, and 1 f64 for kind 3.
    ImageParam dst;
    // Address of the counts, as `histogram` writes them.
    uint64_t histograms;
    // Parts of an image.
    uint32_t parts;
    // The numbers: 0 counts, 1 least and largest sample, 2 mean and standard deviation, 3 sum.
    uint32_t kind;
};
static_assert(sizeof(MeasureArgs) == 96);
static_assert(OFFSET_OF(MeasureArgs, src) == 0);
static_assert(OFFSET_OF(MeasureArgs, dst) == 40);
static_assert(OFFSET_OF(MeasureArgs, histograms) == 80);
static_assert(OFFSET_OF(MeasureArgs, parts) == 88);
static_assert(OFFSET_OF(MeasureArgs, kind) == 92);
