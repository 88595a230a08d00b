/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/proc_fs.h - files of /proc that a room makes about itself. The theory is in fs/proc/root.c.
 *
 * Entries are made at boot and stay. @parent: what proc_mkdir() returned, or NULL for /proc. NULL without memory, or when the name is
 * taken. Context: task; may sleep.
 */
#ifndef PRIMER_PROC_FS_H
#define PRIMER_PROC_FS_H

#include <primer/types.h>

struct file_operations;
struct proc_dir_entry;
struct seq_file;

struct proc_dir_entry *proc_mkdir(const char *name, struct proc_dir_entry *parent);
struct proc_dir_entry *proc_symlink(const char *name, struct proc_dir_entry *parent, const char *target);
/* proc_create_data - with operations of its own; proc_get_data() finds @data from the inode. */
struct proc_dir_entry *proc_create_data(const char *name, umode_t mode, struct proc_dir_entry *parent,
					const struct file_operations *fops, void *data);
/* proc_create_single_data - text that @show writes whole; m->private is @data. Names are not copied. */
struct proc_dir_entry *proc_create_single_data(const char *name, umode_t mode, struct proc_dir_entry *parent,
					       int (*show)(struct seq_file *m, void *v), void *data);
#define proc_create(name, mode, parent, fops)		proc_create_data((name), (mode), (parent), (fops), NULL)
#define proc_create_single(name, mode, parent, show)	proc_create_single_data((name), (mode), (parent), (show), NULL)

struct inode;
void *proc_get_data(const struct inode *inode);

#endif
