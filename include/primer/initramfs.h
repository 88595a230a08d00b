/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/initramfs.h - the archive that the loader put into memory, and what becomes of it. */
#ifndef PRIMER_INITRAMFS_H
#define PRIMER_INITRAMFS_H

#include <primer/types.h>

/*
 * Where the loader's module stands: direct-map addresses; equal when there is none. [written by setup_arch(), then by
 * populate_rootfs()]
 */
extern unsigned long initrd_start, initrd_end;

/*
 * unpack_to_rootfs - unpack cpio newc archives, plain or gzip'd, one behind the other, below current's root
 *
 * Returns NULL, or what is wrong, in words; everything before the damage stays unpacked. Context: task; may sleep.
 */
const char *unpack_to_rootfs(const char *buf, size_t len);

#endif
