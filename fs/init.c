/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/init.c - the birth of the room, and its system calls for the boot.
 *
 * vfs_caches_init() runs once, when the slab allocator works and before there is a second task. Afterwards there is a
 * tree with one empty directory, "/", where init_task stands; filesystems register and mount from here on.
 *
 * What the boot does with files (unpack the initramfs, find the console, mount /dev) it does by name, as a program
 * would. A program's system calls take names in user memory; the init_ functions are the same with names in kernel
 * memory.
 */
#include <primer/cred.h>
#include <primer/dcache.h>
#include <primer/fdtable.h>
#include <primer/fs.h>
#include <primer/fs_struct.h>
#include <primer/init.h>
#include <primer/kthread.h>
#include <primer/mount.h>
#include <primer/namei.h>
#include <primer/pagemap.h>

#include "internal.h"

/*
 * Lent to kernel_thread(): a kernel thread shares its maker's files, for the sake of the one that becomes PID 1's
 * program.
 */
static int copy_kernel_thread_files(unsigned long clone_flags, struct task_struct *p)
{
	int err = copy_files(clone_flags, p);

	if (err)
		return err;
	err = copy_fs(clone_flags, p);
	if (err)
		exit_files(p);
	return err;
}

void __init vfs_caches_init(void)
{
	current->fs = &init_fs;
	current->files = &init_files;
	names_init();
	dcache_init();
	inode_init();
	files_init();
	fs_struct_init();
	files_cache_init();
	page_cache_init();
	vm_files_init();
	mnt_init();
	kernel_thread_copy_files = copy_kernel_thread_files;
}

int init_mkdir(const char *pathname, umode_t mode)
{
	return do_mkdirat(AT_FDCWD, getname_kernel(pathname), mode);
}

int init_mknod(const char *filename, umode_t mode, dev_t dev)
{
	return do_mknodat(AT_FDCWD, getname_kernel(filename), mode, new_encode_dev(dev));
}

int init_symlink(const char *oldname, const char *newname)
{
	return do_symlinkat(getname_kernel(oldname), AT_FDCWD, getname_kernel(newname));
}

int init_link(const char *oldname, const char *newname)
{
	return do_linkat(AT_FDCWD, getname_kernel(oldname), AT_FDCWD, getname_kernel(newname), 0);
}

int init_unlink(const char *pathname)
{
	return do_unlinkat(AT_FDCWD, getname_kernel(pathname));
}

int init_rmdir(const char *pathname)
{
	return do_rmdir(AT_FDCWD, getname_kernel(pathname));
}

int init_rename(const char *oldname, const char *newname, unsigned int flags)
{
	return do_renameat2(AT_FDCWD, getname_kernel(oldname), AT_FDCWD, getname_kernel(newname), flags);
}

int init_chdir(const char *filename)
{
	struct path path;
	int err = kern_path(filename, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = path_permission(&path, MAY_EXEC | MAY_CHDIR);
	if (!err)
		set_fs_pwd(current->fs, &path);
	path_put(&path);
	return err;
}

int init_chroot(const char *filename)
{
	struct path path;
	int err = kern_path(filename, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = path_permission(&path, MAY_EXEC | MAY_CHDIR);
	if (!err && !capable(CAP_SYS_CHROOT))
		err = -EPERM;
	if (!err)
		set_fs_root(current->fs, &path);
	path_put(&path);
	return err;
}

int init_chmod(const char *filename, umode_t mode)
{
	struct path path;
	int err = kern_path(filename, LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	err = chmod_common(&path, mode);
	path_put(&path);
	return err;
}

int init_chown(const char *filename, uid_t user, gid_t group, int flags)
{
	struct path path;
	int err = kern_path(filename, flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	err = chown_common(&path, user, group);
	path_put(&path);
	return err;
}

int init_stat(const char *filename, struct kstat *stat, int flags)
{
	struct path path;
	int err = kern_path(filename, flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	err = vfs_getattr(&path, stat, STATX_BASIC_STATS, 0);
	path_put(&path);
	return err;
}

int init_eaccess(const char *filename)
{
	struct path path;
	int err = kern_path(filename, LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	err = path_permission(&path, MAY_EXEC | MAY_ACCESS);
	path_put(&path);
	return err;
}

int init_utimes(const char *filename, const struct timespec64 *ts)
{
	struct path path;
	int err = kern_path(filename, 0, &path);

	if (err)
		return err;
	err = vfs_utimes(&path, ts);
	path_put(&path);
	return err;
}
