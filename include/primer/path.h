/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/path.h - a place in the tree of names: a dentry, and the mount through which it is seen.
 *
 * A dentry alone does not say where one is: the same filesystem may be mounted in two places.
 */
#ifndef PRIMER_PATH_H
#define PRIMER_PATH_H

#include <primer/types.h>

struct dentry;
struct vfsmount;

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

/* path_get, path_put - a reference on both. path_put may sleep. */
void path_get(const struct path *path);
void path_put(const struct path *path);

static inline bool path_equal(const struct path *a, const struct path *b)
{
	return a->mnt == b->mnt && a->dentry == b->dentry;
}

#endif
