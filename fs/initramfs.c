/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/initramfs.c - the first files: from the archive in memory to names in rootfs.
 *
 * The loader has put an archive into memory. Each of its members becomes a directory, file, symlink or node in "/",
 * and the memory is given back. There is no disk, no driver and no program needed to have a root filesystem.
 *
 *	[ cpio ][ cpio.gz ][ zeroes ][ cpio ] ...	a compressed one is unpacked into memory first
 *	   |
 *	   +-> member: name, mode, owner, time, data
 *
 * Hard links are members with the same inode number, of which usually only the last carries the data: the first name
 * makes the file, later ones link to it, and the data goes in whenever it comes. Numbers are unique within one
 * archive only.
 *
 * Directories get their time last, since making names in them changes it.
 *
 * Nothing in an archive is trusted. A name that climbs out with ".." is refused with a message, and the rest goes on.
 * Damage ends the work with "Initramfs unpacking failed: " and the reason; what was unpacked before stays, as on
 * Linux, and the boot goes on with it.
 *
 * Cost. Each member costs one walk for its name; attributes are set on the dentry that the walk returned. Data is
 * copied once, by whole pages.
 *
 * Linux (init/initramfs.c) reads the archive as a stream, so that it needs no memory for an unpacked one, and knows
 * more compressions.
 */
#include <primer/cpio.h>
#include <primer/dcache.h>
#include <primer/fs.h>
#include <primer/fs_struct.h>
#include <primer/hash.h>
#include <primer/inflate.h>
#include <primer/init.h>
#include <primer/initramfs.h>
#include <primer/mm.h>
#include <primer/mount.h>
#include <primer/namei.h>
#include <primer/printk.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/vmalloc.h>

#include "internal.h"

unsigned long initrd_start, initrd_end;

#define LINK_HASH_BITS	5

/* A member with several names that has been seen, or a directory whose time is to be set. */
struct seen {
	struct seen *next;
	u32 ino, major, minor, mtime;
	char name[];
};

/* One run of unpack_to_rootfs(). */
struct unpack {
	struct seen *links[1 << LINK_HASH_BITS];	/* of the present archive */
	struct seen *dirs;
	const char *error;
};

static struct seen *remember(const struct cpio_entry *e, struct seen *next)
{
	struct seen *s = kmalloc(sizeof(*s) + e->namelen + 1, GFP_KERNEL);

	if (!s)
		return NULL;
	*s = (struct seen){
		.next = next, .ino = e->ino, .major = e->devmajor, .minor = e->devminor, .mtime = e->mtime,
	};
	memcpy(s->name, e->name, e->namelen + 1);
	return s;
}

static void forget(struct seen **list)
{
	while (*list) {
		struct seen *s = *list;

		*list = s->next;
		kfree(s);
	}
}

static void forget_links(struct unpack *u)
{
	for (size_t i = 0; i < ARRAY_SIZE(u->links); i++)
		forget(&u->links[i]);
}

static struct seen **link_bucket(struct unpack *u, const struct cpio_entry *e)
{
	return &u->links[hash_32(e->ino ^ e->devmajor << 8 ^ e->devminor, LINK_HASH_BITS)];
}

static const char *find_link(struct unpack *u, const struct cpio_entry *e)
{
	for (struct seen *s = *link_bucket(u, e); s; s = s->next) {
		if (s->ino == e->ino && s->major == e->devmajor && s->minor == e->devminor)
			return s->name;
	}
	return NULL;
}

/* ---- one member -------------------------------------------------------------------------------------------------- */

/* Owner, rights and time of a new file, in one change. @dentry's inode is nobody else's yet. */
static int set_attributes(struct dentry *dentry, const struct cpio_entry *e)
{
	struct inode *inode = d_inode(dentry);
	struct iattr attr = {
		.ia_valid = ATTR_UID | ATTR_GID | ATTR_ATIME | ATTR_ATIME_SET | ATTR_MTIME | ATTR_MTIME_SET |
			    ATTR_CTIME | ATTR_FORCE,
		.ia_mode = (e->mode & S_IALLUGO) | (inode->i_mode & S_IFMT),
		.ia_uid = e->uid,
		.ia_gid = e->gid,
		.ia_atime.tv_sec = e->mtime,
		.ia_mtime.tv_sec = e->mtime,
	};
	int err;

	if (!S_ISLNK(inode->i_mode))
		attr.ia_valid |= ATTR_MODE;
	inode_lock(inode);
	err = notify_change(dentry, &attr);
	inode_unlock(inode);
	return err;
}

static int write_data(const struct path *path, const struct cpio_entry *e)
{
	struct file *file;
	loff_t pos = 0;
	int err = 0;

	if (!e->filesize)
		return 0;
	file = dentry_open(path, O_WRONLY | O_LARGEFILE, current->cred);
	if (IS_ERR(file))
		return PTR_ERR(file);
	while (pos < e->filesize && !err) {
		ssize_t n = kernel_write(file, e->data + pos, e->filesize - pos, &pos);

		if (n <= 0)
			err = n ? n : -EIO;
	}
	fput(file);
	return err;
}

/* Something else has the name. A directory that is to be one stays; whatever else goes. */
static int make_room(const struct cpio_entry *e)
{
	struct kstat stat;

	if (init_stat(e->name, &stat, AT_SYMLINK_NOFOLLOW))
		return -EEXIST;
	return S_ISDIR(stat.mode) ? init_rmdir(e->name) : init_unlink(e->name);
}

/* A further name of a file that exists; the data may come with any of them. */
static int add_link(const char *old, const struct cpio_entry *e)
{
	struct path path;
	int err = init_link(old, e->name);

	if (err == -EEXIST) {
		err = make_room(e);
		if (!err)
			err = init_link(old, e->name);
	}
	if (err || !e->filesize)
		return err;
	err = kern_path(e->name, 0, &path);
	if (err)
		return err;
	err = write_data(&path, e);
	if (!err)
		err = set_attributes(path.dentry, e);
	path_put(&path);
	return err;
}

static int create(const struct cpio_entry *e, struct path *path, struct dentry *dentry)
{
	struct inode *dir = d_inode(path->dentry);
	umode_t mode = e->mode;
	char *target;
	int err;

	switch (mode & S_IFMT) {
	case S_IFDIR:
		return vfs_mkdir(dir, dentry, mode);
	case S_IFREG:
		return vfs_create(dir, dentry, mode, true);
	case S_IFLNK:
		target = kmemdup_nul(e->data, e->filesize, GFP_KERNEL);
		if (!target)
			return -ENOMEM;
		err = *target ? vfs_symlink(dir, dentry, target) : -ENOENT;
		kfree(target);
		return err;
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return vfs_mknod(dir, dentry, mode, MKDEV(e->rdevmajor, e->rdevminor));
	}
	return -EINVAL;
}

static int update_dir(const struct cpio_entry *e)
{
	struct path path;
	int err = kern_path(e->name, LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = set_attributes(path.dentry, e);
	path_put(&path);
	return err;
}

static int remember_dir(struct unpack *u, const struct cpio_entry *e)
{
	struct seen *s = remember(e, u->dirs);

	if (!s)
		return -ENOMEM;
	u->dirs = s;
	return 0;
}

static int unpack_member(struct unpack *u, const struct cpio_entry *e)
{
	bool is_dir = S_ISDIR(e->mode), linked = e->nlink > 1 && !is_dir;
	struct path path, place;
	struct dentry *dentry;
	int err;

	if (linked) {
		const char *old = find_link(u, e);

		if (old)
			return add_link(old, e);
	}
	dentry = kern_path_create(AT_FDCWD, e->name, &path, is_dir ? LOOKUP_DIRECTORY : 0);
	if (dentry == ERR_PTR(-EEXIST)) {
		if (is_dir && !update_dir(e))
			return remember_dir(u, e);
		err = make_room(e);
		if (err)
			return err;
		dentry = kern_path_create(AT_FDCWD, e->name, &path, is_dir ? LOOKUP_DIRECTORY : 0);
	}
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	err = create(e, &path, dentry);
	place = (struct path){ path.mnt, dentry };
	if (!err)
		path_get(&place);
	done_path_create(&path, dentry);
	if (err)
		return err;
	if (S_ISREG(e->mode))
		err = write_data(&place, e);
	if (!err)
		err = set_attributes(place.dentry, e);
	path_put(&place);
	if (!err && linked) {
		struct seen **bucket = link_bucket(u, e), *s = remember(e, *bucket);

		if (s)
			*bucket = s;
		else
			err = -ENOMEM;
	}
	return !err && is_dir ? remember_dir(u, e) : err;
}

/* ---- archives ---------------------------------------------------------------------------------------------------- */

/*
 * Unpack plain archives at @buf. Returns the bytes that were understood: all, or up to something that is no archive.
 * An error is noted in u->error, but for "no archive here", which the caller may understand.
 */
static size_t unpack_cpio(struct unpack *u, const char *buf, size_t len)
{
	struct cpio_iter it;
	struct cpio_entry e;
	unsigned int archive = 0;
	int ret;

	cpio_init(&it, buf, len);
	while ((ret = cpio_next(&it, &e)) == 0) {
		int err;

		if (e.archive != archive) {
			forget_links(u);
			archive = e.archive;
		}
		if (!cpio_name_ok(e.name)) {
			pr_err("initramfs: refused \"%s\": it would leave the root\n", e.name);
			continue;
		}
		err = unpack_member(u, &e);
		if (err == -ENOSPC || err == -ENOMEM) {
			u->error = "write error";
			break;
		}
		if (err)
			pr_err("initramfs: cannot make \"%s\": error %d\n", e.name, err);
	}
	forget_links(u);
	if (ret < 0 && it.inside)
		u->error = it.why;
	return ret < 0 ? it.pos : len;
}

static int count_output(void *ctx, const void *buf, size_t len)
{
	*(size_t *)ctx += len;
	return 0;
}

/* Inflate into new memory of *@size bytes; *@size becomes what was needed. -ENOSPC: it was more. */
static int inflate_to(struct inflate *s, const char *buf, size_t len, char **out, size_t *size, size_t *used)
{
	int err;

	*out = vmalloc(*size + 1);
	if (!*out) {
		s->why = "no memory to uncompress";
		return -ENOMEM;
	}
	err = gunzip_to_buf(s, buf, len, *out, size, used);
	if (err) {
		vfree(*out);
		*out = NULL;
	}
	return err;
}

/*
 * Inflate the gzip file at @buf. If it is the last thing there, its last four bytes are its size; if that is no
 * likely size, or turns out too small, it is inflated once more beforehand to count.
 */
static int inflate_all(struct inflate *s, const char *buf, size_t len, char **out, size_t *size, size_t *used)
{
	u32 hint;
	int err = -ENOSPC;

	memcpy(&hint, buf + len - sizeof(hint), sizeof(hint));
	*size = hint;
	if (hint / 1032 <= len)			/* deflate cannot do better */
		err = inflate_to(s, buf, len, out, size, used);
	if (err == -ENOSPC) {
		*size = 0;
		err = gunzip(s, buf, len, count_output, size, used);
		if (!err)
			err = inflate_to(s, buf, len, out, size, used);
	}
	return err;
}

/* Unpack the gzip file at @buf, which contains archives. Returns the bytes that it took, or u->error. */
static size_t unpack_gzip(struct unpack *u, const char *buf, size_t len)
{
	struct inflate *s = kvmalloc(sizeof(*s), GFP_KERNEL);
	size_t size, used = 0, done;
	char *out = NULL;

	if (!s) {
		u->error = "no memory to uncompress";
		return 0;
	}
	if (inflate_all(s, buf, len, &out, &size, &used)) {
		u->error = s->why ? s->why : "uncompression error";
	} else {
		done = unpack_cpio(u, out, size);
		if (!u->error && done < size)
			u->error = "junk within compressed archive";
	}
	vfree(out);
	kvfree(s);
	return used;
}

static void set_dir_times(struct unpack *u)
{
	for (struct seen *s = u->dirs; s; s = s->next) {
		struct timespec64 times[2] = { { .tv_sec = s->mtime }, { .tv_sec = s->mtime } };

		init_utimes(s->name, times);
	}
	forget(&u->dirs);
}

const char *unpack_to_rootfs(const char *buf, size_t len)
{
	struct unpack *u = kzalloc(sizeof(*u), GFP_KERNEL);
	const char *error;

	if (!u)
		return "no memory to unpack";
	while (len && !u->error) {
		size_t used = unpack_cpio(u, buf, len);

		if (u->error || used >= len)
			break;
		buf += used;
		len -= used;
		if (!is_gzip((const u8 *)buf, len)) {
			u->error = "invalid magic at start of compressed archive";
			break;
		}
		used = unpack_gzip(u, buf, len);
		buf += used;
		len -= used;
	}
	set_dir_times(u);
	error = u->error;
	kfree(u);
	return error;
}

/* ---- boot -------------------------------------------------------------------------------------------------------- */

/* What is there without any archive: enough for a console. */
static void __init default_rootfs(void)
{
	if (init_mkdir("/dev", 0755) || init_mknod("/dev/console", S_IFCHR | S_IRUSR | S_IWUSR, MKDEV(5, 1)) ||
	    init_mkdir("/root", 0700))
		pr_err("Failed to create a rootfs\n");
}

static int __init populate_rootfs(void)
{
	const char *error;

	default_rootfs();
	if (!initrd_start || initrd_end <= initrd_start)
		return 0;
	pr_info("Trying to unpack rootfs image as initramfs...\n");
	error = unpack_to_rootfs((const char *)initrd_start, initrd_end - initrd_start);
	if (error)
		pr_emerg("Initramfs unpacking failed: %s\n", error);
	free_initrd_mem(initrd_start, initrd_end);
	initrd_start = initrd_end = 0;
	return 0;
}
rootfs_initcall(populate_rootfs);
