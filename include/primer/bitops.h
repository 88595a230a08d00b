/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/bitops.h - single bits in arrays of longs, and questions about the bits of one word.
 *
 * Bit n of an array is bit n % 64 of word n / 64.
 *
 *	set_bit clear_bit change_bit		atomic against other CPUs and interrupts; order nothing else
 *	test_and_set_bit ... _clear_bit ...	atomic, return the old bit, and are full memory barriers
 *	test_and_set_bit_lock			atomic, acquires
 *	clear_bit_unlock			atomic, releases: what came before is seen by whoever sees the bit clear
 *	__set_bit __clear_bit ...		plain: the caller owns the word, or holds its lock
 *	test_bit				one read
 *
 * On x86 every locked instruction is a full barrier and every store releases, so the ordering above costs nothing
 * beyond the lock prefix; the compiler is kept in order by the "memory" clobber.
 */
#ifndef PRIMER_BITOPS_H
#define PRIMER_BITOPS_H

#include <primer/compiler.h>
#include <primer/types.h>

#define BITS_PER_BYTE		8
#define BITS_PER_LONG		64
#define BITS_PER_LONG_LONG	64
#define BIT_MASK(nr)		(1UL << ((nr) % BITS_PER_LONG))
#define BIT_WORD(nr)		((nr) / BITS_PER_LONG)
#define BITS_TO_LONGS(nr)	(((nr) + BITS_PER_LONG - 1UL) / BITS_PER_LONG)
#define BITS_TO_BYTES(nr)	(((nr) + BITS_PER_BYTE - 1UL) / BITS_PER_BYTE)
#define BITS_PER_TYPE(type)	(sizeof(type) * BITS_PER_BYTE)

/* The array as a memory operand: bts and its kin reach beyond the word that is named, hence the clobber. */
#define __BITOP_ADDR(addr)	"+m" (*(volatile long *)(addr))
/* With a constant bit number, one byte is enough, and lock orb is shorter and faster than lock bts. */
#define __BITOP_BYTE(nr, addr)	(*((volatile u8 *)(addr) + ((nr) >> 3)))

static __always_inline void set_bit(long nr, volatile unsigned long *addr)
{
	if (__builtin_constant_p(nr))
		__asm__ volatile("lock orb %b1, %0"
				 : "+m" (__BITOP_BYTE(nr, addr)) : "iq" (1U << (nr & 7)) : "memory", "cc");
	else
		__asm__ volatile("lock btsq %1, %0" : __BITOP_ADDR(addr) : "r" (nr) : "memory", "cc");
}

static __always_inline void clear_bit(long nr, volatile unsigned long *addr)
{
	if (__builtin_constant_p(nr))
		__asm__ volatile("lock andb %b1, %0"
				 : "+m" (__BITOP_BYTE(nr, addr)) : "iq" ((u8)~(1U << (nr & 7))) : "memory", "cc");
	else
		__asm__ volatile("lock btrq %1, %0" : __BITOP_ADDR(addr) : "r" (nr) : "memory", "cc");
}

static __always_inline void change_bit(long nr, volatile unsigned long *addr)
{
	__asm__ volatile("lock btcq %1, %0" : __BITOP_ADDR(addr) : "r" (nr) : "memory", "cc");
}

static __always_inline bool test_and_set_bit(long nr, volatile unsigned long *addr)
{
	bool old;

	__asm__ volatile("lock btsq %2, %0" : __BITOP_ADDR(addr), "=@ccc" (old) : "Jr" (nr) : "memory");
	return old;
}

static __always_inline bool test_and_clear_bit(long nr, volatile unsigned long *addr)
{
	bool old;

	__asm__ volatile("lock btrq %2, %0" : __BITOP_ADDR(addr), "=@ccc" (old) : "Jr" (nr) : "memory");
	return old;
}

static __always_inline bool test_and_change_bit(long nr, volatile unsigned long *addr)
{
	bool old;

	__asm__ volatile("lock btcq %2, %0" : __BITOP_ADDR(addr), "=@ccc" (old) : "Jr" (nr) : "memory");
	return old;
}

static __always_inline bool test_and_set_bit_lock(long nr, volatile unsigned long *addr)
{
	return test_and_set_bit(nr, addr);
}

static __always_inline void clear_bit_unlock(long nr, volatile unsigned long *addr)
{
	barrier();
	clear_bit(nr, addr);
}

static __always_inline void __set_bit(long nr, volatile unsigned long *addr)
{
	unsigned long *p = (unsigned long *)addr + BIT_WORD(nr);

	*p |= BIT_MASK(nr);
}

static __always_inline void __clear_bit(long nr, volatile unsigned long *addr)
{
	unsigned long *p = (unsigned long *)addr + BIT_WORD(nr);

	*p &= ~BIT_MASK(nr);
}

static __always_inline void __change_bit(long nr, volatile unsigned long *addr)
{
	unsigned long *p = (unsigned long *)addr + BIT_WORD(nr);

	*p ^= BIT_MASK(nr);
}

static __always_inline void __assign_bit(long nr, volatile unsigned long *addr, bool value)
{
	if (value)
		__set_bit(nr, addr);
	else
		__clear_bit(nr, addr);
}

static __always_inline void assign_bit(long nr, volatile unsigned long *addr, bool value)
{
	if (value)
		set_bit(nr, addr);
	else
		clear_bit(nr, addr);
}

static __always_inline bool __test_and_set_bit(long nr, volatile unsigned long *addr)
{
	unsigned long *p = (unsigned long *)addr + BIT_WORD(nr), old = *p;

	*p = old | BIT_MASK(nr);
	return old & BIT_MASK(nr);
}

static __always_inline bool __test_and_clear_bit(long nr, volatile unsigned long *addr)
{
	unsigned long *p = (unsigned long *)addr + BIT_WORD(nr), old = *p;

	*p = old & ~BIT_MASK(nr);
	return old & BIT_MASK(nr);
}

/* For the owner of a lock bit whose other bits nobody else changes: a plain store that releases. */
static __always_inline void __clear_bit_unlock(long nr, volatile unsigned long *addr)
{
	barrier();
	__clear_bit(nr, addr);
}

static __always_inline bool test_bit(long nr, const volatile unsigned long *addr)
{
	return (addr[BIT_WORD(nr)] >> (nr % BITS_PER_LONG)) & 1;
}

static __always_inline bool test_bit_acquire(long nr, const volatile unsigned long *addr)
{
	return (__atomic_load_n(addr + BIT_WORD(nr), __ATOMIC_ACQUIRE) >> (nr % BITS_PER_LONG)) & 1;
}

/* The number of the lowest set bit (__ffs), lowest clear bit (ffz), highest set bit (__fls). There must be one. */
static __always_inline unsigned long __ffs(unsigned long word)	{ return __builtin_ctzl(word); }
static __always_inline unsigned long ffz(unsigned long word)	{ return __builtin_ctzl(~word); }
static __always_inline unsigned long __fls(unsigned long word)	{ return 63 - __builtin_clzl(word); }

/* Counted from 1, with 0 for "no bit is set". */
static __always_inline int ffs(int x)			{ return x ? __builtin_ctz((unsigned int)x) + 1 : 0; }
static __always_inline int fls(unsigned int x)		{ return x ? 32 - __builtin_clz(x) : 0; }
static __always_inline int fls64(u64 x)			{ return x ? 64 - __builtin_clzll(x) : 0; }
static __always_inline int fls_long(unsigned long x)	{ return fls64(x); }

/*
 * hweight64 - the number of set bits
 *
 * popcnt is not on every x86-64 CPU, so neighbours are added in parallel: pairs, then nibbles, then bytes; the multiply
 * adds up the eight bytes in the top one.
 */
static __always_inline unsigned long __arch_hweight64(u64 w)
{
	w -= (w >> 1) & 0x5555555555555555ULL;
	w = (w & 0x3333333333333333ULL) + ((w >> 2) & 0x3333333333333333ULL);
	w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return (w * 0x0101010101010101ULL) >> 56;
}

#define hweight64(w)		(__builtin_constant_p(w) ? (unsigned long)__builtin_popcountll(w) : __arch_hweight64(w))
#define hweight_long(w)		hweight64((unsigned long)(w))
#define hweight32(w)		((unsigned int)hweight64((u32)(w)))
#define hweight16(w)		((unsigned int)hweight64((u16)(w)))
#define hweight8(w)		((unsigned int)hweight64((u8)(w)))

static __always_inline u64 rol64(u64 w, unsigned int n)	{ return (w << (n & 63)) | (w >> (-n & 63)); }
static __always_inline u64 ror64(u64 w, unsigned int n)	{ return (w >> (n & 63)) | (w << (-n & 63)); }
static __always_inline u32 rol32(u32 w, unsigned int n)	{ return (w << (n & 31)) | (w >> (-n & 31)); }
static __always_inline u32 ror32(u32 w, unsigned int n)	{ return (w >> (n & 31)) | (w << (-n & 31)); }

/* sign_extend64 - take bit @index of @value for its sign */
static __always_inline s64 sign_extend64(u64 value, int index)
{
	return (s64)(value << (63 - index)) >> (63 - index);
}

static __always_inline s32 sign_extend32(u32 value, int index)
{
	return (s32)(value << (31 - index)) >> (31 - index);
}

/*
 * find_first_bit, find_next_bit, ... - the number of a set (or _zero_: clear) bit, at or after @offset
 *
 * @size is in bits; the answer is @size when there is none. find_last_bit() looks from the top.
 */
unsigned long _find_next_bit(const unsigned long *addr, unsigned long size, unsigned long offset, unsigned long invert);
unsigned long _find_next_and_bit(const unsigned long *a, const unsigned long *b, unsigned long size,
				 unsigned long offset);
unsigned long find_last_bit(const unsigned long *addr, unsigned long size);

/* One word of known size is answered in line: CPU masks are. */
#define __small_nbits(n)	(__builtin_constant_p(n) && (n) <= BITS_PER_LONG && (n) > 0)
#define __word_mask(n)		(~0UL >> (BITS_PER_LONG - (n)))

static __always_inline unsigned long find_next_bit(const unsigned long *addr, unsigned long size, unsigned long offset)
{
	if (__small_nbits(size)) {
		unsigned long w;

		if (unlikely(offset >= size))
			return size;
		w = *addr & __word_mask(size) & (~0UL << offset);
		return w ? __ffs(w) : size;
	}
	return _find_next_bit(addr, size, offset, 0);
}

static __always_inline unsigned long find_next_zero_bit(const unsigned long *addr, unsigned long size,
							unsigned long offset)
{
	if (__small_nbits(size)) {
		unsigned long w;

		if (unlikely(offset >= size))
			return size;
		w = ~*addr & __word_mask(size) & (~0UL << offset);
		return w ? __ffs(w) : size;
	}
	return _find_next_bit(addr, size, offset, ~0UL);
}

/* find_next_and_bit - a bit that is set in both */
static __always_inline unsigned long find_next_and_bit(const unsigned long *a, const unsigned long *b,
						       unsigned long size, unsigned long offset)
{
	if (__small_nbits(size)) {
		unsigned long w;

		if (unlikely(offset >= size))
			return size;
		w = *a & *b & __word_mask(size) & (~0UL << offset);
		return w ? __ffs(w) : size;
	}
	return _find_next_and_bit(a, b, size, offset);
}

static __always_inline unsigned long find_first_bit(const unsigned long *addr, unsigned long size)
{
	return find_next_bit(addr, size, 0);
}

static __always_inline unsigned long find_first_zero_bit(const unsigned long *addr, unsigned long size)
{
	return find_next_zero_bit(addr, size, 0);
}

#define for_each_set_bit(bit, addr, size) \
	for ((bit) = find_first_bit(addr, size); (bit) < (size); (bit) = find_next_bit(addr, size, (bit) + 1))
#define for_each_set_bit_from(bit, addr, size) \
	for ((bit) = find_next_bit(addr, size, bit); (bit) < (size); (bit) = find_next_bit(addr, size, (bit) + 1))
#define for_each_clear_bit(bit, addr, size) \
	for ((bit) = find_first_zero_bit(addr, size); (bit) < (size); (bit) = find_next_zero_bit(addr, size, (bit) + 1))

#endif
