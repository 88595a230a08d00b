/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/anon_inodes.h - files that are nothing but a descriptor with operations. The theory is in fs/anon_inodes.c.
 *
 * @name: as in "anon_inode:NAME", with brackets where Linux has them; not copied. @priv: file->private_data. Context: task;
 * may sleep.
 */
#ifndef PRIMER_ANON_INODES_H
#define PRIMER_ANON_INODES_H

#include <primer/types.h>

struct file;
struct file_operations;

/* anon_inode_getfile - an open file, or ERR_PTR. anon_inode_getfd - its descriptor, or -errno; @flags: O_* */
struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv, int flags);
int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags);

#endif
