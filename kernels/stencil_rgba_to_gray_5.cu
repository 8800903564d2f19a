// Stencils on the gray of four channels: a blur of five taps, with or without the Sobel magnitude.
#include "stencil_kernels.cuh"

STENCIL(blur, GRAY_4, BLUR_5, false, 2, 4, 4, 20)
STENCIL(blur_sobel, GRAY_4, BLUR_5, true, 2, 4, 4, 16)
