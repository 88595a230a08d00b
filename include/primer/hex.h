/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/hex.h - bytes as pairs of hexadecimal digits. */
#ifndef PRIMER_HEX_H
#define PRIMER_HEX_H

#include <primer/compiler.h>
#include <primer/types.h>

extern const char hex_asc[];		/* "0123456789abcdef" */
extern const char hex_asc_upper[];

#define hex_asc_lo(x)	hex_asc[(x) & 0x0f]
#define hex_asc_hi(x)	hex_asc[((x) & 0xf0) >> 4]

static inline char *hex_byte_pack(char *buf, u8 byte)
{
	*buf++ = hex_asc_hi(byte);
	*buf++ = hex_asc_lo(byte);
	return buf;
}

/* hex_to_bin - the value of a hex digit of either case, or -1 */
static inline int hex_to_bin(unsigned char c)
{
	unsigned int digit = c - '0', letter = (c | 0x20) - 'a';

	if (digit < 10)
		return digit;
	return letter < 6 ? (int)letter + 10 : -1;
}

/* hex2bin - @count bytes from 2 * @count digits; 0 or -EINVAL */
int __must_check hex2bin(u8 *dst, const char *src, size_t count);
/* bin2hex - 2 * @count digits, no terminating zero; returns the end */
char *bin2hex(char *dst, const void *src, size_t count);

#endif
