// Sampling through tables from NV12 frames.
#include "sample_taps.cuh"

SAMPLE_KERNELS(NV12)
