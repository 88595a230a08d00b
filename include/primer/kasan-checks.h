/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/kasan-checks.h - what code that the compiler cannot instrument says to the address sanitizer.
 *
 * The compiler puts a check before each access that it generates. Assembly is not seen; so a C function in front of it
 * says what it is about to do. Empty in builds without KASAN. Context: any, NMI included.
 */
#ifndef PRIMER_KASAN_CHECKS_H
#define PRIMER_KASAN_CHECKS_H

#include <primer/types.h>

/*
 * kasan_check_read, kasan_check_write - @size bytes at @p are about to be read or written; a mistake is reported
 * kasan_leave_frames - the frames of this stack above this function will not be returned to: forget their red zones
 */
#ifdef CONFIG_KASAN
void __asan_loadN(unsigned long addr, size_t size);
void __asan_storeN(unsigned long addr, size_t size);
void __asan_handle_no_return(void);
static inline void kasan_check_read(const void *p, size_t size)		{ __asan_loadN((unsigned long)p, size); }
static inline void kasan_check_write(const void *p, size_t size)	{ __asan_storeN((unsigned long)p, size); }
static inline void kasan_leave_frames(void)				{ __asan_handle_no_return(); }
#else
static inline void kasan_check_read(const void *p, size_t size)		{ (void)p; (void)size; }
static inline void kasan_check_write(const void *p, size_t size)	{ (void)p; (void)size; }
static inline void kasan_leave_frames(void)				{ }
#endif

#endif
