/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/kernel.h - arithmetic and pointer helpers of a line each. */
#ifndef PRIMER_KERNEL_H
#define PRIMER_KERNEL_H

#include <primer/compiler.h>
#include <primer/types.h>

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]) + \
				 0 * sizeof(char[1 - 2 * __builtin_types_compatible_p(__typeof__(a), __typeof__(&(a)[0]))]))
#define offsetofend(t, m)	(offsetof(t, m) + sizeof(((t *)0)->m))
#define sizeof_field(t, m)	sizeof(((t *)0)->m)

/* The structure of type @type whose field @member stands at @ptr. */
#define container_of(ptr, type, member) ({ \
	const __typeof__(((type *)0)->member) *__mptr = (ptr); \
	(type *)((char *)__mptr - offsetof(type, member)); })

#define min(a, b)	({ __typeof__(a) __a = (a); __typeof__(b) __b = (b); (void)(&__a == &__b); __a < __b ? __a : __b; })
#define max(a, b)	({ __typeof__(a) __a = (a); __typeof__(b) __b = (b); (void)(&__a == &__b); __a > __b ? __a : __b; })
#define min_t(t, a, b)	({ t __ta = (a); t __tb = (b); __ta < __tb ? __ta : __tb; })
#define max_t(t, a, b)	({ t __ta = (a); t __tb = (b); __ta > __tb ? __ta : __tb; })
#define clamp_t(t, v, lo, hi)	min_t(t, max_t(t, v, lo), hi)
#define swap(a, b)	do { __typeof__(a) __tmp = (a); (a) = (b); (b) = __tmp; } while (0)

/* @a must be a power of two. */
#define ALIGN(x, a)		(((x) + ((__typeof__(x))(a) - 1)) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)
#define PTR_ALIGN(p, a)		((__typeof__(p))ALIGN((unsigned long)(p), (a)))

#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define roundup(x, y)		((((x) + (y) - 1) / (y)) * (y))
#define rounddown(x, y)		((x) - (x) % (y))

#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define GENMASK(h, l)		((~0UL << (l)) & (~0UL >> (63 - (h))))
#define lower_32_bits(n)	((u32)(n))
#define upper_32_bits(n)	((u32)((u64)(n) >> 32))

#define INT_MAX			((int)(~0U >> 1))
#define INT_MIN			(-INT_MAX - 1)
#define UINT_MAX		(~0U)
#define LONG_MAX		((long)(~0UL >> 1))
#define LONG_MIN		(-LONG_MAX - 1)
#define ULONG_MAX		(~0UL)
#define U8_MAX			((u8)~0U)
#define U16_MAX			((u16)~0U)
#define U32_MAX			((u32)~0U)
#define U64_MAX			((u64)~0ULL)
#define S64_MAX			((s64)(U64_MAX >> 1))
#define S64_MIN			((s64)(-S64_MAX - 1))

#define SZ_1K			0x400UL
#define SZ_4K			0x1000UL
#define SZ_64K			0x10000UL
#define SZ_1M			0x100000UL
#define SZ_2M			0x200000UL
#define SZ_1G			0x40000000UL
#define SZ_4G			0x100000000UL

#endif
