/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/pipefs.c - how a pipe is opened: by pipe(2), which makes two descriptors at once, or by the name of a FIFO.
 *
 * The problem. A pipe is a ring (fs/pipe.c) and needs to look like a file: it has an inode, so that fstat() works and /proc can show
 * "pipe:[1234]", but no name. A FIFO has a name, and whoever opens it for reading has to wait until somebody opens it for writing,
 * or the first read would look like the end.
 *
 * The idea. Pipes are inodes of a filesystem that is mounted nowhere. A FIFO's inode lies in an ordinary directory, and gets its ring
 * at the first opening and loses it at the last one. Both kinds go through the same operations afterwards.
 *
 *	open(FIFO, ...)		waits for		with O_NONBLOCK
 *	O_RDONLY		a writer		succeeds at once
 *	O_WRONLY		a reader		ENXIO if there is none
 *	O_RDWR			nobody			(Linux's extension: always opens)
 *
 * "Waits for a writer" means: until the number of openings that there have ever been changes. A writer who comes and goes while the
 * reader sleeps counts; looking at the present number of writers would miss him.
 *
 * Locking. inode->i_lock guards inode->i_pipe and pipe->files; pipe->mutex everything in the ring.
 *
 * Linux: fs/pipe.c.
 */
#include <primer/cred.h>
#include <primer/fdtable.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/mount.h>
#include <primer/panic.h>
#include <primer/pipe_fs_i.h>
#include <primer/sched.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <primer/syscalls.h>
#include <asm/uaccess.h>
#include <uapi/fcntl.h>

#define PIPEFS_MAGIC	0x50495045

static struct vfsmount *pipe_mnt;	/* [immutable after boot] */

bool is_pipe(const struct file *file)
{
	return file->f_op == &pipefifo_fops && !(file->f_mode & FMODE_PATH);
}

void put_pipe_info(struct inode *inode, struct pipe_inode_info *pipe)
{
	bool last;

	spin_lock(&inode->i_lock);
	last = !--pipe->files;
	if (last)
		inode->i_pipe = NULL;
	spin_unlock(&inode->i_lock);
	if (last)
		free_pipe_info(pipe);
}

/* The ring of a FIFO or pipe, counted for one more opening; NULL without memory. */
static struct pipe_inode_info *get_pipe_info(struct inode *inode)
{
	struct pipe_inode_info *pipe, *fresh = NULL;

	spin_lock(&inode->i_lock);
	if (!inode->i_pipe) {
		spin_unlock(&inode->i_lock);
		fresh = alloc_pipe_info();
		if (!fresh)
			return NULL;
		spin_lock(&inode->i_lock);
	}
	if (!inode->i_pipe)
		swap(inode->i_pipe, *(void **)&fresh);
	pipe = inode->i_pipe;
	pipe->files++;
	spin_unlock(&inode->i_lock);
	if (fresh)
		free_pipe_info(fresh);	/* somebody else was faster */
	return pipe;
}

/* ---- FIFOs ------------------------------------------------------------------------------------------------------------------ */

/* Sleep until *@counter changes. The pipe's mutex is dropped meanwhile. 0 or -ERESTARTSYS. */
static int wait_for_partner(struct pipe_inode_info *pipe, unsigned int *counter)
{
	unsigned int seen = *counter;
	int err;

	mutex_unlock(&pipe->mutex);
	err = wait_event_interruptible(pipe->rd_wait, READ_ONCE(*counter) != seen);
	mutex_lock(&pipe->mutex);
	return err;
}

static int open_for_reading(struct pipe_inode_info *pipe, struct file *file)
{
	WRITE_ONCE(pipe->r_counter, pipe->r_counter + 1);
	WRITE_ONCE(pipe->readers, pipe->readers + 1);
	if (pipe->readers == 1)
		wake_up_interruptible_all(&pipe->rd_wait);
	if (pipe->writers)
		return 0;
	if (file->f_flags & O_NONBLOCK) {
		file->f_version = pipe->w_counter;	/* poll() says nothing of an end before a writer was there */
		return 0;
	}
	if (wait_for_partner(pipe, &pipe->w_counter)) {
		WRITE_ONCE(pipe->readers, pipe->readers - 1);
		if (!pipe->readers)
			wake_up_interruptible_all(&pipe->wr_wait);
		return -ERESTARTSYS;
	}
	return 0;
}

static int open_for_writing(struct pipe_inode_info *pipe, struct file *file)
{
	if (file->f_flags & O_NONBLOCK && !pipe->readers)
		return -ENXIO;
	WRITE_ONCE(pipe->w_counter, pipe->w_counter + 1);
	WRITE_ONCE(pipe->writers, pipe->writers + 1);
	if (pipe->writers == 1)
		wake_up_interruptible_all(&pipe->rd_wait);
	if (pipe->readers)
		return 0;
	if (wait_for_partner(pipe, &pipe->r_counter)) {
		WRITE_ONCE(pipe->writers, pipe->writers - 1);
		if (!pipe->writers)
			wake_up_interruptible_all(&pipe->rd_wait);
		return -ERESTARTSYS;
	}
	return 0;
}

int fifo_open(struct inode *inode, struct file *file)
{
	struct pipe_inode_info *pipe = get_pipe_info(inode);
	bool unnamed = inode->i_sb->s_magic == PIPEFS_MAGIC;	/* a pipe opened again by way of /proc: waits for nobody */
	int err = 0;

	if (!pipe)
		return -ENOMEM;
	file->private_data = pipe;
	stream_open(inode, file);
	mutex_lock(&pipe->mutex);
	switch (file->f_mode & (FMODE_READ | FMODE_WRITE)) {
	case FMODE_READ:
		if (unnamed) {
			WRITE_ONCE(pipe->r_counter, pipe->r_counter + 1);
			WRITE_ONCE(pipe->readers, pipe->readers + 1);
		} else {
			err = open_for_reading(pipe, file);
		}
		break;
	case FMODE_WRITE:
		if (unnamed) {
			WRITE_ONCE(pipe->w_counter, pipe->w_counter + 1);
			WRITE_ONCE(pipe->writers, pipe->writers + 1);
		} else {
			err = open_for_writing(pipe, file);
		}
		break;
	case FMODE_READ | FMODE_WRITE:
		WRITE_ONCE(pipe->r_counter, pipe->r_counter + 1);
		WRITE_ONCE(pipe->w_counter, pipe->w_counter + 1);
		WRITE_ONCE(pipe->readers, pipe->readers + 1);
		WRITE_ONCE(pipe->writers, pipe->writers + 1);
		if (pipe->readers == 1 || pipe->writers == 1)
			wake_up_interruptible_all(&pipe->rd_wait);
		break;
	default:
		err = -EINVAL;
	}
	mutex_unlock(&pipe->mutex);
	if (err)
		put_pipe_info(inode, pipe);
	return err;
}

/* ---- pipe(2) ------------------------------------------------------------------------------------------------------------------ */

static char *pipefs_dname(struct dentry *dentry, char *buffer, int buflen)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "pipe:[%lu]", d_inode(dentry)->i_ino) + 1;

	if (len > buflen)
		return ERR_PTR(-ENAMETOOLONG);
	return memcpy(buffer + buflen - len, text, len);
}

static const struct dentry_operations pipefs_dentry_operations = { .d_dname = pipefs_dname };

/* A new pipe's inode, with room for two openings. ERR_PTR. */
static struct inode *get_pipe_inode(void)
{
	struct inode *inode = new_inode(pipe_mnt->mnt_sb);
	struct pipe_inode_info *pipe;

	if (!inode)
		return ERR_PTR(-ENFILE);
	pipe = alloc_pipe_info();
	if (!pipe) {
		iput(inode);
		return ERR_PTR(-ENFILE);
	}
	inode->i_ino = get_next_ino();
	inode->i_mode = S_IFIFO | S_IRUSR | S_IWUSR;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	inode->i_fop = &pipefifo_fops;
	inode->i_pipe = pipe;
	pipe->files = 2;
	pipe->readers = pipe->writers = 1;
	return inode;
}

/* One end of @inode's pipe; takes over one reference to the inode when it succeeds. */
static struct file *open_end(struct inode *inode, int flags)
{
	struct file *file = alloc_file_pseudo(inode, pipe_mnt, "", flags, &pipefifo_fops);

	if (IS_ERR(file))
		return file;
	file->f_path.dentry->d_op = &pipefs_dentry_operations;
	file->private_data = inode->i_pipe;
	stream_open(inode, file);
	return file;
}

static int create_pipe_files(struct file **ends, int flags)
{
	struct inode *inode = get_pipe_inode();
	struct file *file;

	if (IS_ERR(inode))
		return PTR_ERR(inode);
	file = open_end(inode, O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)));
	if (IS_ERR(file)) {
		free_pipe_info(inode->i_pipe);
		inode->i_pipe = NULL;
		iput(inode);
		return PTR_ERR(file);
	}
	ends[1] = file;
	ihold(inode);
	file = open_end(inode, O_RDONLY | (flags & O_NONBLOCK));
	if (IS_ERR(file)) {
		put_pipe_info(inode, inode->i_pipe);
		iput(inode);
		fput(ends[1]);
		return PTR_ERR(file);
	}
	ends[0] = file;
	return 0;
}

static long do_pipe2(int __user *fildes, int flags)
{
	struct file *ends[2] = { NULL, NULL };
	int fds[2], err;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	err = create_pipe_files(ends, flags);
	if (err)
		return err;
	fds[0] = err = get_unused_fd_flags(flags & O_CLOEXEC);
	if (err < 0)
		goto put_files;
	fds[1] = err = get_unused_fd_flags(flags & O_CLOEXEC);
	if (err < 0)
		goto put_first;
	err = -EFAULT;
	if (copy_to_user(fildes, fds, sizeof(fds)))
		goto put_both;
	fd_install(fds[0], ends[0]);
	fd_install(fds[1], ends[1]);
	return 0;
put_both:
	put_unused_fd(fds[1]);
put_first:
	put_unused_fd(fds[0]);
put_files:
	fput(ends[0]);
	fput(ends[1]);
	return err;
}

SYSCALL_DEFINE1(pipe, int __user *, fildes)			{ return do_pipe2(fildes, 0); }
SYSCALL_DEFINE2(pipe2, int __user *, fildes, int, flags)	{ return do_pipe2(fildes, flags); }

/* ---- the filesystem ---------------------------------------------------------------------------------------------------------------- */

static const struct super_operations pipefs_ops = { .statfs = simple_statfs };

static int pipefs_fill_super(struct super_block *sb, void *data, int silent)
{
	struct inode *inode;

	sb->s_magic = PIPEFS_MAGIC;
	sb->s_op = &pipefs_ops;
	sb->s_flags |= SB_NOUSER;		/* mounted by the kernel only */
	inode = new_inode(sb);
	if (!inode)
		return -ENOMEM;
	inode->i_ino = get_next_ino();
	inode->i_mode = S_IFDIR | S_IRUSR | S_IWUSR;
	sb->s_root = d_make_root(inode);
	return sb->s_root ? 0 : -ENOMEM;
}

static struct dentry *pipefs_mount(struct file_system_type *type, int flags, const char *dev_name, void *data)
{
	return mount_nodev(type, flags, data, pipefs_fill_super);
}

static struct file_system_type pipe_fs_type = { .name = "pipefs", .mount = pipefs_mount, .kill_sb = kill_litter_super };

static int __init init_pipe_fs(void)
{
	struct vfsmount *mnt;

	if (register_filesystem(&pipe_fs_type))
		panic("pipefs: registered twice\n");
	mnt = kern_mount(&pipe_fs_type);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	pipe_mnt = mnt;
	return 0;
}
fs_initcall(init_pipe_fs);
