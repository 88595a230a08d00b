/* SPDX-License-Identifier: GPL-2.0-only */
/* include/uapi/falloc.h - modes of fallocate(2). */
#ifndef UAPI_FALLOC_H
#define UAPI_FALLOC_H

#define FALLOC_FL_KEEP_SIZE		0x01	/* room behind the end does not move it */
#define FALLOC_FL_PUNCH_HOLE		0x02	/* the range reads as zeroes and takes no room; with KEEP_SIZE */
#define FALLOC_FL_NO_HIDE_STALE		0x04	/* not supported */
#define FALLOC_FL_COLLAPSE_RANGE	0x08
#define FALLOC_FL_ZERO_RANGE		0x10
#define FALLOC_FL_INSERT_RANGE		0x20
#define FALLOC_FL_UNSHARE_RANGE		0x40

#endif
