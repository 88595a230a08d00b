/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/fs_abi.c - what the file calls return, as a text that is the same on every kernel that follows the ABI.
 *
 * Run in an empty directory of a filesystem in memory, as root: on the host's Linux and on Primer. Each line is a call and its result; a
 * difference between the two texts is a bug. Nothing that may differ (inode numbers, times of now, device numbers of mounts) is printed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2
#endif

static void show(const char *what, long ret)
{
	if (ret < 0)
		printf("%s: %s\n", what, strerrorname_np_(errno));
	else
		printf("%s: %ld\n", what, ret);
}
