/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/word_at_a_time.h - is there a zero byte among these eight?
 *
 * In w - 0x01..01, a byte borrows into its own bit 7 when it was 0 (or when a lower byte borrowed from it). Masking
 * with ~w drops bytes that had bit 7 set anyway. The lowest marked byte is always a real zero; marks above it may be
 * false, since only a zero starts a borrow. Little endian: the lowest byte is the first in memory.
 */
#ifndef PRIMER_WORD_AT_A_TIME_H
#define PRIMER_WORD_AT_A_TIME_H

#include <primer/compiler.h>
#include <primer/types.h>

#define REPEAT_BYTE(x)		(0x0101010101010101UL * (u8)(x))

/* has_zero - 0, or a word whose lowest set bit is bit 7 of the first zero byte of @w */
static __always_inline unsigned long has_zero(unsigned long w)
{
	return (w - REPEAT_BYTE(0x01)) & ~w & REPEAT_BYTE(0x80);
}

/* find_zero - the index of that byte, given has_zero()'s answer (not 0) */
static __always_inline unsigned long find_zero(unsigned long mask)
{
	return (unsigned long)__builtin_ctzl(mask) >> 3;
}

/* zero_bytemask - ones in all bytes before it */
static __always_inline unsigned long zero_bytemask(unsigned long mask)
{
	return ((mask - 1) & ~mask) >> 7;
}

/* A word at any address. may_alias: what stands there has another type. */
typedef unsigned long __attribute__((may_alias, aligned(1))) unaligned_word_t;
typedef unsigned long __attribute__((may_alias)) word_t;

static __always_inline unsigned long load_unaligned_word(const void *p)
{
	return *(const unaligned_word_t *)p;
}

#endif
