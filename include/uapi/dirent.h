/* SPDX-License-Identifier: GPL-2.0-only */
/* include/uapi/dirent.h - one entry of a directory, as getdents64() lays it into the buffer. */
#ifndef UAPI_DIRENT_H
#define UAPI_DIRENT_H

struct linux_dirent64 {
	unsigned long long	d_ino;
	long long		d_off;		/* where the directory goes on after this entry: for lseek() */
	unsigned short		d_reclen;	/* bytes to the next record, a multiple of 8 */
	unsigned char		d_type;		/* DT_* */
	char			d_name[];
};

/* S_IF* >> 12 */
#define DT_UNKNOWN	0
#define DT_FIFO		1
#define DT_CHR		2
#define DT_DIR		4
#define DT_BLK		6
#define DT_REG		8
#define DT_LNK		10
#define DT_SOCK		12
#define DT_WHT		14

#endif
