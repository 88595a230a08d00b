/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/memory.c - copy, fill and compare bytes.
 *
 * The problem. These are the most called functions of the kernel, mostly for a few bytes, sometimes for a page. They
 * run before there is anything else (the first of them before paging is final) and the compiler calls them on its own
 * account, so they may use nothing: no other function, no data, no CPU feature that must be looked for.
 *
 * The idea, in two parts.
 *
 * Up to 32 bytes: overlapping moves. A length from 8 to 16 is two moves of 8 bytes, one from the start and one that
 * ends at the end; where they overlap, both write the same:
 *
 *	n = 11:    0 1 2 3 4 5 6 7 8 9 10
 *	          [ first 8       ]
 *	                [ last 8        ]
 *
 * So a length costs two or three comparisons, no loop, and no byte moves. All loads come before the first store, hence
 * the same code also serves memmove, whose areas may overlap.
 *
 * Above: rep movsq, 8 bytes a step, and one overlapping move for the rest. Real CPUs run it in microcode a cache line
 * at a time, QEMU as one guest instruction a step; rep movsb, as fast on new CPUs, would count eight times as much
 * there.
 *
 * memmove, forwards or backwards. A forward copy by words is right when dest is below src, however close: step i reads
 * src + 8i .. + 7 and everything written before lies below dest + 8i < src + 8i. It is right too when the areas do
 * not overlap. Otherwise the copy must go backwards, in a loop: rep movsq with the direction flag set would do it, but
 * then an interrupt in the middle arrives in C code with the flag set, and rep movsq is slow backwards anyway. The last
 * word (backwards: the first) is loaded before anything is stored, because the copy may run over its source.
 *
 * The names. __memcpy, __memmove and __memset are these functions. The plain names are weak aliases for them; the
 * address sanitizer defines strong ones, which check and come here. This file is not itself instrumented: it must work
 * before the shadow exists.
 *
 * Linux chooses at boot between variants by CPU feature (alternatives) and writes them in assembly; we have one.
 */
#include <primer/kasan-checks.h>
#include <primer/string.h>
#include <primer/word_at_a_time.h>

#undef memcpy
#undef memmove
#undef memset
#undef memcmp

typedef u16 __attribute__((may_alias, aligned(1))) unaligned_u16_t;
typedef u32 __attribute__((may_alias, aligned(1))) unaligned_u32_t;

#define load8(p)	(*(const unaligned_word_t *)(p))
#define load4(p)	(*(const unaligned_u32_t *)(p))
#define load2(p)	(*(const unaligned_u16_t *)(p))
#define store8(p, v)	(*(unaligned_word_t *)(p) = (v))
#define store4(p, v)	(*(unaligned_u32_t *)(p) = (v))
#define store2(p, v)	(*(unaligned_u16_t *)(p) = (v))

/* Up to 32 bytes; @d and @s may overlap in any way. */
static __always_inline void copy_small(char *d, const char *s, size_t n)
{
	if (n >= 8) {
		unsigned long first = load8(s), last = load8(s + n - 8);

		if (n > 16) {
			unsigned long second = load8(s + 8), third = load8(s + n - 16);

			store8(d + 8, second);
			store8(d + n - 16, third);
		}
		store8(d, first);
		store8(d + n - 8, last);
	} else if (n >= 4) {
		u32 first = load4(s), last = load4(s + n - 4);

		store4(d, first);
		store4(d + n - 4, last);
	} else if (n >= 2) {
		u16 first = load2(s), last = load2(s + n - 2);

		store2(d, first);
		store2(d + n - 2, last);
	} else if (n) {
		*d = *s;
	}
}

/* More than 8 bytes, and @d is below @s or clear of it. */
static __always_inline void copy_forward(char *d, const char *s, size_t n)
{
	unsigned long last = load8(s + n - 8);
	char *end = d + n;
	size_t words = n / 8;

	__asm__ volatile("rep movsq" : "+D" (d), "+S" (s), "+c" (words) : : "memory");
	store8(end - 8, last);
}

__no_sanitize void *__memcpy(void *dest, const void *src, size_t n)
{
	if (n <= 32)
		copy_small(dest, src, n);
	else
		copy_forward(dest, src, n);
	return dest;
}

__no_sanitize void *__memmove(void *dest, const void *src, size_t n)
{
	char *d = dest;
	const char *s = src;
	unsigned long first;

	if (n <= 32) {
		copy_small(d, s, n);
		return dest;
	}
	/* One comparison for both good cases: below wraps to a huge number, clear above is at least n. */
	if ((unsigned long)d - (unsigned long)s >= n) {
		copy_forward(d, s, n);
		return dest;
	}
	/* s < d < s + n: from the top down, 16 bytes at a time, until less than 16 are left at the bottom. */
	first = load8(s);
	while (n >= 16) {
		unsigned long a = load8(s + n - 8), b = load8(s + n - 16);

		store8(d + n - 8, a);
		store8(d + n - 16, b);
		n -= 16;
	}
	if (n > 8)
		store8(d + n - 8, load8(s + n - 8));
	if (n)
		store8(d, first);
	return dest;
}

/* The 8 bytes at @d through @d + n in all sizes, as copy_small() does it; @v holds the byte eight times. */
__no_sanitize void *__memset(void *dest, int c, size_t n)
{
	unsigned long v = REPEAT_BYTE(c);
	char *d = dest;

	if (n > 32) {
		char *end = d + n;
		size_t words = n / 8;

		__asm__ volatile("rep stosq" : "+D" (d), "+c" (words) : "a" (v) : "memory");
		store8(end - 8, v);
	} else if (n >= 8) {
		if (n > 16) {
			store8(d + 8, v);
			store8(d + n - 16, v);
		}
		store8(d, v);
		store8(d + n - 8, v);
	} else if (n >= 4) {
		store4(d, v);
		store4(d + n - 4, v);
	} else if (n >= 2) {
		store2(d, v);
		store2(d + n - 2, v);
	} else if (n) {
		*d = c;
	}
	return dest;
}

void *memcpy(void *dest, const void *src, size_t n) __weak __attribute__((alias("__memcpy")));
void *memmove(void *dest, const void *src, size_t n) __weak __attribute__((alias("__memmove")));
void *memset(void *dest, int c, size_t n) __weak __attribute__((alias("__memset")));

/* Words that differ are compared most significant byte first, which is the byte at the lowest address after a swap. */
int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (; n >= 8; p += 8, q += 8, n -= 8) {
		unsigned long x = load8(p), y = load8(q);

		if (x != y)
			return __builtin_bswap64(x) < __builtin_bswap64(y) ? -1 : 1;
	}
	for (; n; p++, q++, n--) {
		if (*p != *q)
			return *p - *q;
	}
	return 0;
}

/* Eight bytes at a time: x ^ cccccccc has a zero byte where c stands. */
void *memchr(const void *s, int c, size_t n)
{
	const unsigned char *p = s;

	for (; n >= 8; p += 8, n -= 8) {
		unsigned long mask = has_zero(load8(p) ^ REPEAT_BYTE(c));

		if (mask)
			return (void *)(p + find_zero(mask));
	}
	for (; n; p++, n--) {
		if (*p == (unsigned char)c)
			return (void *)p;
	}
	return NULL;
}

/* Whole pages are compared by this: with an instrument that checks accesses, one check serves for all. */
__no_sanitize void *memchr_inv(const void *s, int c, size_t n)
{
	const unsigned char *p = s;

	kasan_check_read(s, n);
	for (; n >= 8; p += 8, n -= 8) {
		unsigned long diff = load8(p) ^ REPEAT_BYTE(c);

		if (diff)
			return (void *)(p + __builtin_ctzl(diff) / 8);
	}
	for (; n; p++, n--) {
		if (*p != (unsigned char)c)
			return (void *)p;
	}
	return NULL;
}

void *memscan(void *s, int c, size_t n)
{
	void *found = memchr(s, c, n);

	return found ? found : (char *)s + n;
}

void *memset16(u16 *s, u16 v, size_t n)
{
	void *d = s;

	__asm__ volatile("rep stosw" : "+D" (d), "+c" (n) : "a" (v) : "memory");
	return s;
}

void *memset32(u32 *s, u32 v, size_t n)
{
	void *d = s;

	__asm__ volatile("rep stosl" : "+D" (d), "+c" (n) : "a" (v) : "memory");
	return s;
}

void *memset64(u64 *s, u64 v, size_t n)
{
	void *d = s;

	__asm__ volatile("rep stosq" : "+D" (d), "+c" (n) : "a" (v) : "memory");
	return s;
}

/* The empty asm "reads" the memory, so the stores before it have a reader. */
void memzero_explicit(void *s, size_t n)
{
	memset(s, 0, n);
	__asm__ volatile("" : : "r" (s) : "memory");
}

void memcpy_and_pad(void *dest, size_t dest_len, const void *src, size_t count, int pad)
{
	if (count >= dest_len) {
		memcpy(dest, src, dest_len);
	} else {
		memcpy(dest, src, count);
		memset((char *)dest + count, pad, dest_len - count);
	}
}
