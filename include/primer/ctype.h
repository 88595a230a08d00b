/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/ctype.h - kinds of characters, in ASCII.
 *
 * Ranges instead of a table: two instructions, no memory, and no table to be indexed by a negative char. Bytes from
 * 0x80 up are of no kind (Linux counts them as Latin-1 letters; we see UTF-8).
 */
#ifndef PRIMER_CTYPE_H
#define PRIMER_CTYPE_H

#include <primer/compiler.h>
#include <primer/types.h>

static __always_inline bool __in_range(int c, unsigned int lo, unsigned int hi)
{
	return (unsigned int)(u8)c - lo <= hi - lo;
}

static __always_inline bool isascii(int c)	{ return (u8)c < 0x80; }
static __always_inline int toascii(int c)	{ return c & 0x7f; }
static __always_inline bool isdigit(int c)	{ return __in_range(c, '0', '9'); }
static __always_inline bool isupper(int c)	{ return __in_range(c, 'A', 'Z'); }
static __always_inline bool islower(int c)	{ return __in_range(c, 'a', 'z'); }
static __always_inline bool isalpha(int c)	{ return __in_range(c | 0x20, 'a', 'z'); }
static __always_inline bool isalnum(int c)	{ return isalpha(c) || isdigit(c); }
static __always_inline bool isxdigit(int c)	{ return isdigit(c) || __in_range(c | 0x20, 'a', 'f'); }
static __always_inline bool isodigit(int c)	{ return __in_range(c, '0', '7'); }
static __always_inline bool isspace(int c)	{ return (u8)c == ' ' || __in_range(c, '\t', '\r'); }
static __always_inline bool isblank(int c)	{ return (u8)c == ' ' || (u8)c == '\t'; }
static __always_inline bool isprint(int c)	{ return __in_range(c, 0x20, 0x7e); }
static __always_inline bool isgraph(int c)	{ return __in_range(c, 0x21, 0x7e); }
static __always_inline bool iscntrl(int c)	{ return (u8)c < 0x20 || (u8)c == 0x7f; }
static __always_inline bool ispunct(int c)	{ return isgraph(c) && !isalnum(c); }
static __always_inline int tolower(int c)	{ return isupper(c) ? (u8)c | 0x20 : (u8)c; }
static __always_inline int toupper(int c)	{ return islower(c) ? (u8)c & ~0x20 : (u8)c; }

#endif
