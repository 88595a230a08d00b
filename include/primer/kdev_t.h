/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/kdev_t.h - device numbers: which driver (major), and which of its devices (minor).
 *
 *	in the kernel	 31      20 19             0	dev_t
 *			[  major   |     minor      ]
 *	for programs	 31           20 19      8 7       0	what stat() shows and mknod() takes
 *			[ minor 19..8  |   major  | minor 7..0 ]
 */
#ifndef PRIMER_KDEV_T_H
#define PRIMER_KDEV_T_H

#include <primer/compiler.h>
#include <primer/types.h>

#define MINORBITS	20
#define MINORMASK	((1U << MINORBITS) - 1)
#define MAJOR_MAX	4095
#define MINOR_MAX	MINORMASK

#define MAJOR(dev)	((unsigned int)((dev) >> MINORBITS))
#define MINOR(dev)	((unsigned int)((dev) & MINORMASK))
#define MKDEV(ma, mi)	((dev_t)(((dev_t)(ma) << MINORBITS) | (mi)))

static __always_inline u32 new_encode_dev(dev_t dev)
{
	unsigned int major = MAJOR(dev), minor = MINOR(dev);

	return (minor & 0xff) | (major << 8) | ((minor & ~0xffU) << 12);
}

static __always_inline dev_t new_decode_dev(u32 dev)
{
	return MKDEV((dev & 0xfff00) >> 8, (dev & 0xff) | ((dev >> 12) & 0xfff00));
}

#endif
