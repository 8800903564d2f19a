// Entropy-coded data of sequential JPEG files to coefficients, for a batch of any files in eight launches: docs/kernels.md has the
// method. Work lists are flat over the images: chunks of bytes, parts and groups of windows.
#include "jpeg_choose.cuh"
#include "jpeg_meet.cuh"
#include "jpeg_scan.cuh"
#include "jpeg_unstuff.cuh"
#include "jpeg_write.cuh"
