/* SPDX-License-Identifier: GPL-2.0-only */
/* include/uapi/statfs.h - what statfs() tells about a filesystem, x86-64: 120 bytes. */
#ifndef UAPI_STATFS_H
#define UAPI_STATFS_H

struct statfs {
	long		f_type;			/* *_MAGIC */
	long		f_bsize;
	long		f_blocks;		/* of f_bsize bytes, as the next two */
	long		f_bfree;
	long		f_bavail;
	long		f_files;
	long		f_ffree;
	struct { int val[2]; } f_fsid;
	long		f_namelen;
	long		f_frsize;
	long		f_flags;		/* ST_* */
	long		f_spare[4];
};

#define RAMFS_MAGIC	0x858458f6
#define TMPFS_MAGIC	0x01021994
#define PROC_SUPER_MAGIC 0x9fa0
#define SYSFS_MAGIC	0x62656572
#define EXT2_SUPER_MAGIC 0xef53
#define PIPEFS_MAGIC	0x50495045

#define ST_RDONLY	0x0001
#define ST_NOSUID	0x0002
#define ST_NODEV	0x0004
#define ST_NOEXEC	0x0008
#define ST_SYNCHRONOUS	0x0010
#define ST_VALID	0x0020
#define ST_NOATIME	0x0400
#define ST_NODIRATIME	0x0800
#define ST_RELATIME	0x1000

#endif
