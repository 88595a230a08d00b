/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/crc32.h - the CRC-32 of Ethernet, gzip and zip, least significant bit first. */
#ifndef PRIMER_CRC32_H
#define PRIMER_CRC32_H

#include <primer/types.h>

/*
 * crc32_le - take @len bytes into the remainder @crc, which is used and returned as it is
 *
 * gzip's value is ~crc32_le(~0, p, len); pieces may be chained: crc = ~0; crc = crc32_le(crc, ...); ...; ~crc.
 */
u32 crc32_le(u32 crc, const void *p, size_t len);

#endif
