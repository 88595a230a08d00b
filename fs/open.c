/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/open.c - open and close; and what else asks "may I, and where am I": access, chdir, chroot.
 *
 * open() is a walk (namei_open.c), a struct file made true at its end (do_dentry_open), and a descriptor that comes
 * to mean it:
 *
 *	flags --build_open_flags--> struct open_flags
 *	get_unused_fd_flags() -> do_filp_open() -> fd_install()		reserve first: the last step cannot fail
 *
 * do_dentry_open() gives the file its references, counts it as a writer (so that nobody executes what it changes),
 * takes the inode's operations and calls the driver's open(), which may replace them.
 *
 * Execution opens through open_exec(): the file must be regular, executable and on a mount without noexec, and while
 * it is executed nobody may open it for writing (-ETXTBSY, both ways).
 *
 * Linux (fs/open.c) also has openat2 with its RESOLVE_ flags.
 */
#include <primer/cred.h>
#include <primer/dcache.h>
#include <primer/fdtable.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/fs_struct.h>
#include <primer/syscalls.h>

#include "internal.h"

/* ---- making a struct file true ----------------------------------------------------------------------------------- */

static const struct file_operations empty_fops = { };

/* On failure the file has no references to give back but its own. */
int do_dentry_open(struct file *file, struct inode *inode, int (*open)(struct inode *, struct file *))
{
	const struct file_operations *f_op;
	int err;

	path_get(&file->f_path);
	file->f_inode = inode;
	file->f_mapping = inode->i_mapping;
	if (unlikely(file->f_flags & O_PATH)) {
		file->f_mode = FMODE_PATH | FMODE_OPENED;
		file->f_op = &empty_fops;
		return 0;
	}
	if (unlikely(file->f_flags & O_DIRECT)) {
		err = -EINVAL;			/* nothing that has a name bypasses the page cache */
		goto out_path;
	}
	if (file->f_mode & FMODE_WRITE) {
		if (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode)) {
			err = get_write_access(inode);
			if (err)
				goto out_path;
			err = mnt_want_write(file->f_path.mnt);
			if (err) {
				put_write_access(inode);
				goto out_path;
			}
			file->f_mode |= FMODE_WRITER;
		}
	}
	f_op = inode->i_fop;
	if (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode))
		file->f_mode |= FMODE_ATOMIC_POS;
	file->f_op = f_op;
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	if (!open)
		open = f_op->open;
	if (open) {
		err = open(inode, file);
		if (err)
			goto out_write;
		f_op = file->f_op;
	}
	if (!f_op->llseek)
		file->f_mode &= ~FMODE_LSEEK;
	if (file->f_mode & FMODE_READ && (f_op->read || f_op->read_iter))
		file->f_mode |= FMODE_CAN_READ;
	if (file->f_mode & FMODE_WRITE && (f_op->write || f_op->write_iter))
		file->f_mode |= FMODE_CAN_WRITE;
	file->f_mode |= FMODE_OPENED;
	file->f_flags &= ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
	return 0;

out_write:
	if (file->f_mode & FMODE_WRITER) {
		put_write_access(inode);
		mnt_drop_write(file->f_path.mnt);
		file->f_mode &= ~FMODE_WRITER;
	}
out_path:
	path_put(&file->f_path);
	file->f_path = (struct path){ NULL, NULL };
	file->f_inode = NULL;
	return err;
}

int vfs_open(const struct path *path, struct file *file)
{
	file->f_path = *path;
	return do_dentry_open(file, d_inode(path->dentry), NULL);
}

struct file *dentry_open(const struct path *path, int flags, const struct cred *cred)
{
	struct file *file = alloc_empty_file(flags);
	int err;

	if (IS_ERR(file))
		return file;
	err = vfs_open(path, file);
	if (!err)
		return file;
	fput(file);
	return ERR_PTR(err);
}

int generic_file_open(struct inode *inode, struct file *file)
{
	return 0;
}

/* No position to move: pipes, terminals. stream_open: and none to hold a lock for. */
int nonseekable_open(struct inode *inode, struct file *file)
{
	file->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
	return 0;
}

int stream_open(struct inode *inode, struct file *file)
{
	file->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE | FMODE_ATOMIC_POS);
	file->f_mode |= FMODE_STREAM;
	return 0;
}

void replace_fops(struct file *file, const struct file_operations *fops)
{
	file->f_op = fops;
}

/* ---- open -------------------------------------------------------------------------------------------------------- */

int build_open_flags(int flags, umode_t mode, struct open_flags *op)
{
	/* MAY_READ, MAY_WRITE, both; 3 asks for the rights to both and grants neither. */
	int acc_mode = "\004\002\006\006"[flags & O_ACCMODE];

	flags &= VALID_OPEN_FLAGS;
	op->mode = flags & (O_CREAT | __O_TMPFILE) ? (mode & S_IALLUGO) | S_IFREG : 0;
	if (flags & __O_SYNC)
		flags |= O_DSYNC;
	if (flags & __O_TMPFILE) {
		if ((flags & (O_TMPFILE | O_CREAT)) != O_TMPFILE || !(acc_mode & MAY_WRITE))
			return -EINVAL;
	}
	if (flags & O_PATH) {
		flags &= O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;
		acc_mode = 0;
	}
	if (flags & O_TRUNC)
		acc_mode |= MAY_WRITE;
	if (flags & O_APPEND)
		acc_mode |= MAY_APPEND;
	op->open_flag = flags & ~O_CLOEXEC;		/* that is the descriptor's, and not the opening's */
	op->acc_mode = acc_mode;
	op->intent = flags & O_PATH ? 0 : LOOKUP_OPEN;
	if (flags & O_CREAT) {
		op->intent |= LOOKUP_CREATE;
		if (flags & O_EXCL) {
			op->intent |= LOOKUP_EXCL;
			flags |= O_NOFOLLOW;
		}
	}
	op->lookup_flags = flags & O_DIRECTORY ? LOOKUP_DIRECTORY : 0;
	if (!(flags & O_NOFOLLOW))
		op->lookup_flags |= LOOKUP_FOLLOW;
	return 0;
}

long do_sys_open(int dfd, const char __user *filename, int flags, umode_t mode)
{
	struct open_flags op;
	struct filename *name;
	int fd = build_open_flags(flags, mode, &op);

	if (unlikely(fd))
		return fd;
	name = getname(filename);
	if (IS_ERR(name))
		return PTR_ERR(name);
	fd = get_unused_fd_flags(flags);
	if (likely(fd >= 0)) {
		struct file *file = do_filp_open(dfd, name, &op);

		if (IS_ERR(file)) {
			put_unused_fd(fd);
			fd = PTR_ERR(file);
		} else {
			fd_install(fd, file);
		}
	}
	putname(name);
	return fd;
}

SYSCALL_DEFINE3(open, const char __user *, filename, int, flags, umode_t, mode)
{
	return do_sys_open(AT_FDCWD, filename, flags | O_LARGEFILE, mode);
}

SYSCALL_DEFINE4(openat, int, dfd, const char __user *, filename, int, flags, umode_t, mode)
{
	return do_sys_open(dfd, filename, flags | O_LARGEFILE, mode);
}

SYSCALL_DEFINE2(creat, const char __user *, pathname, umode_t, mode)
{
	return do_sys_open(AT_FDCWD, pathname, O_CREAT | O_WRONLY | O_TRUNC | O_LARGEFILE, mode);
}

struct file *filp_open(const char *filename, int flags, umode_t mode)
{
	struct filename *name;
	struct open_flags op;
	struct file *file;
	int err = build_open_flags(flags, mode, &op);

	if (err)
		return ERR_PTR(err);
	name = getname_kernel(filename);
	if (IS_ERR(name))
		return ERR_CAST(name);
	file = do_filp_open(AT_FDCWD, name, &op);
	putname(name);
	return file;
}

struct file *file_open_root(const struct path *root, const char *filename, int flags, umode_t mode)
{
	struct open_flags op;
	int err = build_open_flags(flags, mode, &op);

	return err ? ERR_PTR(err) : do_file_open_root(root, filename, &op);
}

/* ---- for execve -------------------------------------------------------------------------------------------------- */

struct file *do_open_execat(int dfd, struct filename *name, int flags)
{
	struct open_flags op = {
		.open_flag = O_LARGEFILE | O_RDONLY,
		.acc_mode = MAY_EXEC,
		.intent = LOOKUP_OPEN,
		.lookup_flags = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW,
	};
	struct file *file;
	int err = -EACCES;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return ERR_PTR(-EINVAL);
	if (flags & AT_EMPTY_PATH)
		op.lookup_flags |= LOOKUP_EMPTY;
	file = do_filp_open(dfd, name, &op);
	if (IS_ERR(file))
		return file;
	if (S_ISREG(file->f_inode->i_mode) && !(file->f_path.mnt->mnt_flags & MNT_NOEXEC))
		err = deny_write_access(file);
	if (!err)
		return file;
	fput(file);
	return ERR_PTR(err);
}

struct file *open_exec(const char *name)
{
	struct filename *filename = getname_kernel(name);
	struct file *file;

	if (IS_ERR(filename))
		return ERR_CAST(filename);
	file = do_open_execat(AT_FDCWD, filename, 0);
	putname(filename);
	return file;
}

void exec_file_release(struct file *file)
{
	allow_write_access(file);
	fput(file);
}

/* ---- close ------------------------------------------------------------------------------------------------------- */

int filp_close(struct file *file)
{
	int ret = 0;

	if (file->f_op->flush)
		ret = file->f_op->flush(file);
	fput(file);
	return ret;
}

SYSCALL_DEFINE1(close, unsigned int, fd)
{
	return close_fd(fd);
}

/* ---- access ------------------------------------------------------------------------------------------------------ */

/*
 * access(2) asks with the real ids, for programs that run with others: their rights as fsuid and fsgid, and
 * capabilities as exec would give them to that user.
 */
static const struct cred *access_override_creds(void)
{
	struct cred *cred = prepare_creds();
	const struct cred *old;

	if (!cred)
		return NULL;
	cred->fsuid = cred->uid;
	cred->fsgid = cred->gid;
	cred->cap_effective = cred->uid == 0 ? cred->cap_permitted : CAP_EMPTY_SET;
	old = override_creds(cred);
	put_cred(cred);			/* override_creds() took its own reference */
	return old;
}

static long do_faccessat(int dfd, const char __user *filename, int mode, int flags)
{
	unsigned int lookup_flags = LOOKUP_FOLLOW;
	const struct cred *old = NULL, *cred = current_cred();
	struct inode *inode;
	struct path path;
	int err;

	if (mode & ~(R_OK | W_OK | X_OK))
		return -EINVAL;
	if (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_SYMLINK_NOFOLLOW)
		lookup_flags &= ~LOOKUP_FOLLOW;
	if (flags & AT_EMPTY_PATH)
		lookup_flags |= LOOKUP_EMPTY;
	if (!(flags & AT_EACCESS) && (cred->fsuid != cred->uid || cred->fsgid != cred->gid ||
				      cred->cap_effective != (cred->uid == 0 ? cred->cap_permitted : CAP_EMPTY_SET))) {
		old = access_override_creds();
		if (!old)
			return -ENOMEM;
	}
	err = user_path_at(dfd, filename, lookup_flags, &path);
	if (err)
		goto out;
	inode = d_inode(path.dentry);
	if (mode & X_OK && S_ISREG(inode->i_mode) && path.mnt->mnt_flags & MNT_NOEXEC)
		err = -EACCES;
	if (!err)
		err = inode_permission(inode, mode | MAY_ACCESS);
	if (!err && mode & W_OK && !S_ISCHR(inode->i_mode) && !S_ISBLK(inode->i_mode) && !S_ISFIFO(inode->i_mode) &&
	    !S_ISSOCK(inode->i_mode) && __mnt_is_readonly(path.mnt))
		err = -EROFS;
	path_put(&path);
out:
	if (old)
		revert_creds(old);
	return err;
}

SYSCALL_DEFINE3(faccessat, int, dfd, const char __user *, filename, int, mode)
{
	return do_faccessat(dfd, filename, mode, 0);
}

SYSCALL_DEFINE4(faccessat2, int, dfd, const char __user *, filename, int, mode, int, flags)
{
	return do_faccessat(dfd, filename, mode, flags);
}

SYSCALL_DEFINE2(access, const char __user *, filename, int, mode)
{
	return do_faccessat(AT_FDCWD, filename, mode, 0);
}

/* ---- where a process stands -------------------------------------------------------------------------------------- */

SYSCALL_DEFINE1(chdir, const char __user *, filename)
{
	struct path path;
	int err = user_path_at(AT_FDCWD, filename, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = path_permission(&path, MAY_EXEC | MAY_CHDIR);
	if (!err)
		set_fs_pwd(current->fs, &path);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE1(fchdir, unsigned int, fd)
{
	struct fd f = fdget_raw(fd);
	int err;

	if (!f.file)
		return -EBADF;
	err = -ENOTDIR;
	if (S_ISDIR(f.file->f_inode->i_mode))
		err = file_permission(f.file, MAY_EXEC | MAY_CHDIR);
	if (!err)
		set_fs_pwd(current->fs, &f.file->f_path);
	fdput(f);
	return err;
}

SYSCALL_DEFINE1(chroot, const char __user *, filename)
{
	struct path path;
	int err = user_path_at(AT_FDCWD, filename, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

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
