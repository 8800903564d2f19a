// Integers of fixed width, which NVRTC lacks: it comes without the headers of a C++ library.
#pragma once

#ifdef __CUDACC_RTC__
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef short int16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef unsigned long long uint64_t;
typedef unsigned long long uintptr_t;
// Bytes from the beginning of a struct to a field of it. NVRTC has no `offsetof`; other compilers of the same front end define
// it in this way.
#define OFFSET_OF(STRUCT, FIELD) ((size_t)__INTADDR__(&((STRUCT*)0)->FIELD))
#else
#include <cstddef>
#include <cstdint>
#define OFFSET_OF(STRUCT, FIELD) offsetof(STRUCT, FIELD)
#endif
