/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/ramfs/inode.c - filesystems that are only memory: rootfs, ramfs, tmpfs, and the ground of devtmpfs.
 *
 * All four are the same code. ramfs takes what it can get; tmpfs has a limit (half of the memory, or size=), reports
 * how full it is, and refuses options that it does not know. rootfs is the ramfs that the boot makes for the
 * initramfs; it cannot be mounted a second time.
 *
 *	mode=OCTAL uid=N gid=N		of the root directory
 *	size=N[kmg%]			tmpfs: bytes, or percent of the memory; 0: no limit
 *	nr_blocks=N[kmg]		the same in pages
 *	nr_inodes=N huge=... noswap	tmpfs: accepted, without effect
 *
 * Linux (fs/ramfs, mm/shmem.c): there tmpfs is a filesystem of its own whose pages can be swapped.
 */
#define pr_fmt(fmt) "tmpfs: " fmt

#include <primer/dcache.h>
#include <primer/fs.h>
#include <primer/init.h>
#include <primer/kstrtox.h>
#include <primer/mm.h>
#include <primer/mman.h>
#include <primer/pagemap.h>
#include <primer/printk.h>
#include <primer/slab.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <uapi/statfs.h>

#include "internal.h"

static struct kmem_cache *ramfs_inode_cache __ro_after_init;

/* ---- inodes ------------------------------------------------------------------------------------------------------ */

static void ramfs_init_once(void *p)
{
	struct ramfs_inode *ri = p;

	inode_init_once(&ri->vfs_inode);
	INIT_RADIX_TREE(&ri->entries, GFP_KERNEL);
}

static struct inode *ramfs_alloc_inode(struct super_block *sb)
{
	struct ramfs_inode *ri = kmem_cache_alloc(ramfs_inode_cache, GFP_KERNEL);

	if (!ri)
		return NULL;
	ri->next_entry = 0;
	ri->promised = 0;
	ri->promise_pages = sb->s_magic == TMPFS_MAGIC;
	return &ri->vfs_inode;
}

static void ramfs_free_inode(struct inode *inode)
{
	if (S_ISLNK(inode->i_mode))
		kfree(inode->i_link);
	kmem_cache_free(ramfs_inode_cache, RAMFS_I(inode));
}

static void ramfs_evict_inode(struct inode *inode)
{
	truncate_inode_pages(&inode->i_data, 0);
	vm_unacct_memory(RAMFS_I(inode)->promised);
	radix_tree_destroy(&RAMFS_I(inode)->entries);
	clear_inode(inode);
}

struct inode *ramfs_get_inode(struct super_block *sb, const struct inode *dir, umode_t mode, dev_t dev)
{
	struct inode *inode;

	if (unlikely(ramfs_memory_low()))
		return NULL;
	inode = new_inode(sb);
	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode_init_owner(inode, dir, mode);
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	switch (mode & S_IFMT) {
	case S_IFREG:
		inode->i_op = &ramfs_file_inode_operations;
		inode->i_fop = &ramfs_file_operations;
		inode->i_data.a_ops = &ramfs_aops;
		break;
	case S_IFDIR:
		inode->i_op = &ramfs_dir_inode_operations;
		inode->i_fop = &ramfs_dir_operations;
		inode->i_nlink = 2;		/* its name and its "." */
		break;
	case S_IFLNK:
		inode->i_op = &simple_symlink_inode_operations;
		break;
	default:
		init_special_inode(inode, inode->i_mode, dev);
		break;
	}
	return inode;
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

struct ramfs_options {
	bool strict, has_size;
	umode_t mode;
	uid_t uid;
	gid_t gid;
	unsigned long max_pages;
};

/* A number of bytes, "64m" or "50%"; with @unit PAGE_SHIFT a number of pages, "64m" too. In pages. */
static int parse_size(char *text, unsigned int unit, unsigned long *pages)
{
	size_t len = strlen(text);
	unsigned int shift = 0;
	unsigned long n;

	if (!len)
		return -EINVAL;
	switch (text[len - 1]) {
	case '%':
		text[len - 1] = 0;
		if (unit || kstrtoul(text, 10, &n))
			return -EINVAL;
		*pages = totalram_pages() / 100 * n;
		return 0;
	case 'g': case 'G':
		shift += 10;
		fallthrough;
	case 'm': case 'M':
		shift += 10;
		fallthrough;
	case 'k': case 'K':
		shift += 10;
		text[len - 1] = 0;
		break;
	}
	if (kstrtoul(text, 0, &n) || n > ULONG_MAX >> (shift + 1))
		return -EINVAL;
	*pages = unit == PAGE_SHIFT ? n << shift : ((n << shift) + PAGE_SIZE - 1) >> PAGE_SHIFT;
	return 0;
}

static int parse_option(struct ramfs_options *opts, char *key, char *value)
{
	unsigned int n;

	if (!strcmp(key, "mode") && value && !kstrtouint(value, 8, &n)) {
		opts->mode = n & S_IALLUGO;
		return 0;
	}
	if (!strcmp(key, "uid") && value && !kstrtouint(value, 10, &n)) {
		opts->uid = n;
		return 0;
	}
	if (!strcmp(key, "gid") && value && !kstrtouint(value, 10, &n)) {
		opts->gid = n;
		return 0;
	}
	if (!opts->strict)
		return 0;			/* ramfs has always ignored the options of others */
	if (!strcmp(key, "size") && value && !parse_size(value, 0, &opts->max_pages)) {
		opts->has_size = true;
		return 0;
	}
	if (!strcmp(key, "nr_blocks") && value && !parse_size(value, PAGE_SHIFT, &opts->max_pages)) {
		opts->has_size = true;
		return 0;
	}
	if (!strcmp(key, "nr_inodes") || !strcmp(key, "huge") || !strcmp(key, "noswap"))
		return 0;
	pr_err("Bad value for '%s'\n", key);
	return -EINVAL;
}

/* @data is the caller's copy: it is cut into pieces. */
static int parse_options(struct ramfs_options *opts, char *data)
{
	char *option;

	while ((option = strsep(&data, ","))) {
		char *value = strchr(option, '=');
		int err;

		if (!*option)
			continue;
		if (value)
			*value++ = 0;
		err = parse_option(opts, option, value);
		if (err)
			return err;
	}
	return 0;
}

/* ---- superblocks ------------------------------------------------------------------------------------------------- */

static int ramfs_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct ramfs_sb *info = RAMFS_SB(dentry->d_sb);

	simple_statfs(dentry, buf);
	if (info->max_pages) {
		buf->f_blocks = info->max_pages;
		buf->f_bfree = buf->f_bavail = info->max_pages - min(info->max_pages, (unsigned long)atomic_long_read(&info->used_pages));
	}
	return 0;
}

static int tmpfs_remount(struct super_block *sb, int *flags, char *data)
{
	struct ramfs_sb *info = RAMFS_SB(sb);
	struct ramfs_options opts = { .strict = true };
	int err = parse_options(&opts, data);

	if (err || !opts.has_size)
		return err;
	/* Pages of a filesystem without a limit were not counted. */
	if (!info->max_pages || !opts.max_pages || opts.max_pages < (unsigned long)atomic_long_read(&info->used_pages))
		return -EINVAL;
	info->max_pages = opts.max_pages;
	return 0;
}

static int ramfs_show_options(struct dentry *root, char *buf, size_t size)
{
	struct ramfs_sb *info = RAMFS_SB(root->d_sb);
	umode_t mode = d_inode(root)->i_mode & S_IALLUGO, usual = info->max_pages ? 01777 : 0755;
	int n = 0;

	*buf = 0;
	if (info->max_pages)
		n += scnprintf(buf + n, size - n, ",size=%luk", info->max_pages << (PAGE_SHIFT - 10));
	if (mode != usual)
		n += scnprintf(buf + n, size - n, ",mode=%o", mode);
	return n;
}

static const struct super_operations ramfs_super_operations = {
	.alloc_inode = ramfs_alloc_inode,
	.free_inode = ramfs_free_inode,
	.evict_inode = ramfs_evict_inode,
	.statfs = ramfs_statfs,
	.show_options = ramfs_show_options,
};

static const struct super_operations tmpfs_super_operations = {
	.alloc_inode = ramfs_alloc_inode,
	.free_inode = ramfs_free_inode,
	.evict_inode = ramfs_evict_inode,
	.statfs = ramfs_statfs,
	.show_options = ramfs_show_options,
	.remount_fs = tmpfs_remount,
};

static int fill_super(struct super_block *sb, struct ramfs_options *opts, void *data)
{
	struct inode *inode;
	int err = parse_options(opts, data);

	if (err)
		return err;
	sb->s_fs_info = kzalloc(sizeof(struct ramfs_sb), GFP_KERNEL);
	if (!sb->s_fs_info)
		return -ENOMEM;
	RAMFS_SB(sb)->max_pages = opts->max_pages;
	inode = ramfs_get_inode(sb, NULL, S_IFDIR | opts->mode, 0);
	if (inode) {
		inode->i_uid = opts->uid;
		inode->i_gid = opts->gid;
	}
	sb->s_root = d_make_root(inode);
	return sb->s_root ? 0 : -ENOMEM;
}

int ramfs_fill_super(struct super_block *sb, void *data, int silent)
{
	struct ramfs_options opts = { .mode = 0755 };

	sb->s_magic = RAMFS_MAGIC;
	sb->s_op = &ramfs_super_operations;
	return fill_super(sb, &opts, data);
}

static int tmpfs_fill_super(struct super_block *sb, void *data, int silent)
{
	struct ramfs_options opts = { .strict = true, .mode = 01777, .max_pages = totalram_pages() / 2 };

	sb->s_magic = TMPFS_MAGIC;
	sb->s_op = &tmpfs_super_operations;
	return fill_super(sb, &opts, data);
}

void ramfs_kill_sb(struct super_block *sb)
{
	kill_litter_super(sb);
	kfree(sb->s_fs_info);
	sb->s_fs_info = NULL;
}

static struct dentry *ramfs_mount(struct file_system_type *type, int flags, const char *dev_name, void *data)
{
	return mount_nodev(type, flags, data, ramfs_fill_super);
}

static struct dentry *tmpfs_mount(struct file_system_type *type, int flags, const char *dev_name, void *data)
{
	return mount_nodev(type, flags, data, tmpfs_fill_super);
}

static struct dentry *rootfs_mount(struct file_system_type *type, int flags, const char *dev_name, void *data)
{
	static atomic_t once;

	if (atomic_xchg(&once, 1))
		return ERR_PTR(-ENODEV);
	return mount_nodev(type, flags, data, ramfs_fill_super);
}

static struct file_system_type rootfs_type = { .name = "rootfs", .mount = rootfs_mount, .kill_sb = ramfs_kill_sb };
static struct file_system_type ramfs_type = { .name = "ramfs", .mount = ramfs_mount, .kill_sb = ramfs_kill_sb };
static struct file_system_type tmpfs_type = { .name = "tmpfs", .mount = tmpfs_mount, .kill_sb = ramfs_kill_sb };

void __init init_rootfs(void)
{
	ramfs_inode_cache = kmem_cache_create("ramfs_inode_cache", sizeof(struct ramfs_inode), 0,
					      SLAB_PANIC | SLAB_RECLAIM_ACCOUNT, ramfs_init_once);
	ramfs_reserve_pages = totalram_pages() / 32;
	if (register_filesystem(&rootfs_type) || register_filesystem(&ramfs_type) || register_filesystem(&tmpfs_type))
		panic("ramfs: registered twice\n");
}
