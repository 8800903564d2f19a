// Sampling through tables from images of four channels.
#include "sample_taps.cuh"

SAMPLE_KERNELS(4)
