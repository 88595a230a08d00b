/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/anon_inodes.c - descriptors for things that are no files: a timer, a set of signals, a set of descriptors.
 *
 * A program wants to wait for them as it waits for files, and the kernel wants their life to end with the last close. So
 * they are open files with operations of their own. What they lack is everything that an inode is for, and so all of them
 * share one, which lies in a filesystem that is mounted nowhere. Only the name in /proc/PID/fd tells what each is:
 * "anon_inode:[timerfd]".
 *
 * Locking: none of its own. The mount and the inode are made once, at boot; each open file holds a reference to both.
 *
 * Linux (fs/anon_inodes.c) makes such files for epoll, eventfd, signalfd and many others; here fs/timerfd.c is the only
 * user.
 */
#include <primer/anon_inodes.h>
#include <primer/dcache.h>
#include <primer/err.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/init.h>
#include <primer/mount.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <uapi/fcntl.h>
#include <uapi/stat.h>

#define ANON_INODE_FS_MAGIC	0x09041934

static struct vfsmount *anon_inode_mnt __ro_after_init;
static struct inode *anon_inode_inode __ro_after_init;

static char *anon_inodefs_dname(struct dentry *dentry, char *buffer, int buflen)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "anon_inode:%s", dentry->d_name.name) + 1;

	if (len > buflen)
		return ERR_PTR(-ENAMETOOLONG);
	return memcpy(buffer + buflen - len, text, len);
}

static const struct dentry_operations anon_inodefs_dentry_operations = { .d_dname = anon_inodefs_dname };

struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	struct file *file;

	if (!anon_inode_inode)
		return ERR_PTR(-ENODEV);
	ihold(anon_inode_inode);
	file = alloc_file_pseudo(anon_inode_inode, anon_inode_mnt, name, flags & (O_ACCMODE | O_NONBLOCK), fops);
	if (IS_ERR(file)) {
		iput(anon_inode_inode);
		return file;
	}
	file->f_path.dentry->d_op = &anon_inodefs_dentry_operations;
	file->private_data = priv;
	return file;
}

int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	int fd = get_unused_fd_flags(flags & O_CLOEXEC);
	struct file *file;

	if (fd < 0)
		return fd;
	file = anon_inode_getfile(name, fops, priv, flags);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

/* ---- the filesystem ---------------------------------------------------------------------------------------------- */

static struct inode *anon_inode_make(struct super_block *sb, umode_t mode)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode->i_mode = mode;
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	return inode;
}

static const struct super_operations anon_inodefs_ops = { .statfs = simple_statfs };

static int anon_inodefs_fill_super(struct super_block *sb, void *data, int silent)
{
	sb->s_magic = ANON_INODE_FS_MAGIC;
	sb->s_op = &anon_inodefs_ops;
	sb->s_flags |= SB_NOUSER;
	sb->s_root = d_make_root(anon_inode_make(sb, S_IFDIR | S_IRUSR | S_IWUSR));
	return sb->s_root ? 0 : -ENOMEM;
}

static struct dentry *anon_inodefs_mount(struct file_system_type *type, int flags, const char *dev_name, void *data)
{
	return mount_nodev(type, flags, data, anon_inodefs_fill_super);
}

static struct file_system_type anon_inode_fs_type = {
	.name		= "anon_inodefs",
	.mount		= anon_inodefs_mount,
	.kill_sb	= kill_litter_super,
};

static int __init anon_inode_init(void)
{
	struct vfsmount *mnt = kern_mount(&anon_inode_fs_type);

	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	anon_inode_mnt = mnt;
	/* No type: it is neither a regular file nor anything else that has a letter. */
	anon_inode_inode = anon_inode_make(mnt->mnt_sb, S_IRUSR | S_IWUSR);
	return anon_inode_inode ? 0 : -ENOMEM;
}
fs_initcall(anon_inode_init);
