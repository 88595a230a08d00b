/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/hexdump.c - bytes as pairs of hexadecimal digits, and back. */
#include <primer/errno.h>
#include <primer/hex.h>

int hex2bin(u8 *dst, const char *src, size_t count)
{
	for (; count; count--, src += 2) {
		int hi = hex_to_bin(src[0]), lo;

		if (hi < 0)			/* perhaps the end of the string: do not look behind it */
			return -EINVAL;
		lo = hex_to_bin(src[1]);
		if (lo < 0)
			return -EINVAL;
		*dst++ = hi << 4 | lo;
	}
	return 0;
}

char *bin2hex(char *dst, const void *src, size_t count)
{
	const u8 *p = src;

	while (count--)
		dst = hex_byte_pack(dst, *p++);
	return dst;
}
