/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/devtmpfs.h - /dev as the drivers fill it. */
#ifndef PRIMER_DEVTMPFS_H
#define PRIMER_DEVTMPFS_H

#include <primer/types.h>

/*
 * devtmpfs_create_node - make the node @name ("null", "input/event0": directories are made as needed) in every /dev
 * that is, or will be, mounted as devtmpfs
 * @mode: S_IFCHR or S_IFBLK and rights
 *
 * Returns 0, -EEXIST, -ENOMEM. Context: task, from core_initcall on; may sleep.
 */
int devtmpfs_create_node(const char *name, umode_t mode, dev_t dev);
int devtmpfs_delete_node(const char *name);

/* devtmpfs_mount - mount it on @path (devtmpfs.mount=1: do_mounts, before init). 0 or -errno. */
int devtmpfs_mount(const char *path);

#endif
