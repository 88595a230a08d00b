/* SPDX-License-Identifier: GPL-2.0-only */
/* fs/ramfs/internal.h - the inode and the limits of a filesystem in memory. */
#ifndef FS_RAMFS_INTERNAL_H
#define FS_RAMFS_INTERNAL_H

#include <primer/atomic.h>
#include <primer/fs.h>
#include <primer/mm.h>
#include <primer/radix_tree.h>
#include <primer/ramfs.h>

struct ramfs_inode {
	struct inode vfs_inode;
	struct radix_tree_root entries;	/* [i_rwsem] of a directory: dentries by number */
	unsigned long next_entry;	/* [i_rwsem] numbers are not used again */
	unsigned long promised;		/* immutable: pages promised with the file (shmem.c) */
	bool promise_pages;		/* immutable: each page is a promise of its own: tmpfs, MAP_NORESERVE */
};

struct ramfs_sb {
	unsigned long max_pages;	/* [s_umount] 0: no limit */
	atomic_long_t used_pages;
};

static inline struct ramfs_inode *RAMFS_I(const struct inode *inode)
{
	return container_of((struct inode *)inode, struct ramfs_inode, vfs_inode);
}

static inline struct ramfs_sb *RAMFS_SB(const struct super_block *sb)	{ return sb->s_fs_info; }

/* inode.c */
struct inode *ramfs_get_inode(struct super_block *sb, const struct inode *dir, umode_t mode, dev_t dev);

/* dir.c */
extern const struct inode_operations ramfs_dir_inode_operations;
extern const struct file_operations ramfs_dir_operations;

/* file.c */
extern unsigned long ramfs_reserve_pages;
/* ramfs_memory_low - only the pages are free that new files and contents leave alone */
static inline bool ramfs_memory_low(void)	{ return nr_free_pages() < ramfs_reserve_pages; }
extern const struct address_space_operations ramfs_aops;
extern const struct file_operations ramfs_file_operations;
extern const struct inode_operations ramfs_file_inode_operations;

#endif
