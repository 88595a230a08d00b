/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/uapi/stat.h - what a file is: the bits of its mode, and the records that stat() and statx() fill in.
 *
 *	 15      12 11  10   9   8   6 5   3 2   0
 *	+----------+---+---+---+------+-----+-----+
 *	|   type   |uid|gid|vtx| user |group|other|	each of the last three: read 4, write 2, execute (or search) 1
 *	+----------+---+---+---+------+-----+-----+
 */
#ifndef UAPI_STAT_H
#define UAPI_STAT_H

#define S_IFMT		00170000
#define S_IFSOCK	0140000
#define S_IFLNK		0120000
#define S_IFREG		0100000
#define S_IFBLK		0060000
#define S_IFDIR		0040000
#define S_IFCHR		0020000
#define S_IFIFO		0010000
#define S_ISUID		0004000		/* run with the owner's rights */
#define S_ISGID		0002000		/* run with the group's rights; on a directory: new files take its group */
#define S_ISVTX		0001000		/* on a directory: only a file's owner may remove it */

#define S_ISLNK(m)	(((m) & S_IFMT) == S_IFLNK)
#define S_ISREG(m)	(((m) & S_IFMT) == S_IFREG)
#define S_ISDIR(m)	(((m) & S_IFMT) == S_IFDIR)
#define S_ISCHR(m)	(((m) & S_IFMT) == S_IFCHR)
#define S_ISBLK(m)	(((m) & S_IFMT) == S_IFBLK)
#define S_ISFIFO(m)	(((m) & S_IFMT) == S_IFIFO)
#define S_ISSOCK(m)	(((m) & S_IFMT) == S_IFSOCK)

#define S_IRWXU		00700
#define S_IRUSR		00400
#define S_IWUSR		00200
#define S_IXUSR		00100
#define S_IRWXG		00070
#define S_IRGRP		00040
#define S_IWGRP		00020
#define S_IXGRP		00010
#define S_IRWXO		00007
#define S_IROTH		00004
#define S_IWOTH		00002
#define S_IXOTH		00001

/* stat(), x86-64: 144 bytes. */
struct stat {
	unsigned long	st_dev;
	unsigned long	st_ino;
	unsigned long	st_nlink;
	unsigned int	st_mode;
	unsigned int	st_uid;
	unsigned int	st_gid;
	unsigned int	__pad0;
	unsigned long	st_rdev;
	long		st_size;
	long		st_blksize;
	long		st_blocks;		/* of 512 bytes */
	unsigned long	st_atime;
	unsigned long	st_atime_nsec;
	unsigned long	st_mtime;
	unsigned long	st_mtime_nsec;
	unsigned long	st_ctime;
	unsigned long	st_ctime_nsec;
	long		__unused4[3];
};

struct statx_timestamp {
	long long	tv_sec;
	unsigned int	tv_nsec;
	int		__reserved;
};

/* statx(): 256 bytes. */
struct statx {
	unsigned int	stx_mask;		/* STATX_*: which fields are filled in */
	unsigned int	stx_blksize;
	unsigned long long stx_attributes;
	unsigned int	stx_nlink;
	unsigned int	stx_uid;
	unsigned int	stx_gid;
	unsigned short	stx_mode;
	unsigned short	__spare0[1];
	unsigned long long stx_ino;
	unsigned long long stx_size;
	unsigned long long stx_blocks;
	unsigned long long stx_attributes_mask;
	struct statx_timestamp stx_atime;
	struct statx_timestamp stx_btime;
	struct statx_timestamp stx_ctime;
	struct statx_timestamp stx_mtime;
	unsigned int	stx_rdev_major;
	unsigned int	stx_rdev_minor;
	unsigned int	stx_dev_major;
	unsigned int	stx_dev_minor;
	unsigned long long stx_mnt_id;
	unsigned long long __spare2;
	unsigned long long __spare3[12];
};

#define STATX_TYPE		0x00000001U
#define STATX_MODE		0x00000002U
#define STATX_NLINK		0x00000004U
#define STATX_UID		0x00000008U
#define STATX_GID		0x00000010U
#define STATX_ATIME		0x00000020U
#define STATX_MTIME		0x00000040U
#define STATX_CTIME		0x00000080U
#define STATX_INO		0x00000100U
#define STATX_SIZE		0x00000200U
#define STATX_BLOCKS		0x00000400U
#define STATX_BASIC_STATS	0x000007ffU	/* what stat() tells */
#define STATX_BTIME		0x00000800U
#define STATX_MNT_ID		0x00001000U
#define STATX__RESERVED		0x80000000U

#define STATX_ATTR_MOUNT_ROOT	0x00002000

#define UTIME_NOW	0x3fffffff
#define UTIME_OMIT	0x3ffffffe

#endif
