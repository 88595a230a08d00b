/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/file.h - from a descriptor number to an open file. The theory is in fs/file.c.
 *
 *	struct fd f = fdget(fd);
 *
 *	if (!f.file)
 *		return -EBADF;
 *	... use f.file; do not give it to anybody who outlives the call ...
 *	fdput(f);
 *
 * When the table of open files belongs to one task only, nobody can close the file meanwhile, and fdget() takes no
 * reference.
 */
#ifndef PRIMER_FILE_H
#define PRIMER_FILE_H

#include <primer/compiler.h>
#include <primer/types.h>

struct file;
struct files_struct;
struct task_struct;

struct fd {
	struct file *file;
	unsigned int flags;
};
#define FDPUT_FPUT		1	/* a reference was taken */
#define FDPUT_POS_UNLOCK	2	/* f_pos_lock was taken */

/* Descriptor, or file with flags, packed as address | FDPUT_*: what the functions behind fdget() return. */
unsigned long __fdget(unsigned int fd);
unsigned long __fdget_raw(unsigned int fd);
unsigned long __fdget_pos(unsigned int fd);
void __f_unlock_pos(struct file *file);
void fput(struct file *file);

static __always_inline struct fd __to_fd(unsigned long v)
{
	return (struct fd){ (struct file *)(v & ~3UL), v & 3 };
}

/*
 * fdget - an open file that can be read or written (not O_PATH). fdget_raw - any. fdget_pos - with the right to its
 * f_pos.
 */
static __always_inline struct fd fdget(unsigned int fd)		{ return __to_fd(__fdget(fd)); }
static __always_inline struct fd fdget_raw(unsigned int fd)	{ return __to_fd(__fdget_raw(fd)); }
static __always_inline struct fd fdget_pos(unsigned int fd)	{ return __to_fd(__fdget_pos(fd)); }

static __always_inline void fdput(struct fd f)
{
	if (unlikely(f.flags & FDPUT_FPUT))
		fput(f.file);
}
static __always_inline void fdput_pos(struct fd f)
{
	if (f.flags & FDPUT_POS_UNLOCK)
		__f_unlock_pos(f.file);
	fdput(f);
}

/* fget - the open file @fd of current, with a reference to keep (fput), or NULL. fget_raw: O_PATH files too. */
struct file *fget(unsigned int fd);
struct file *fget_raw(unsigned int fd);
/* fget_task - the same of another task. */
struct file *fget_task(struct task_struct *task, unsigned int fd);

/*
 * get_unused_fd_flags - reserve the lowest free descriptor (O_CLOEXEC in @flags counts); -EMFILE, -ENOMEM
 *
 * fd_install() makes it mean @file and takes over the reference; nothing can fail after that. put_unused_fd() gives
 * it back.
 */
int get_unused_fd_flags(unsigned int flags);
void put_unused_fd(unsigned int fd);
void fd_install(unsigned int fd, struct file *file);

/* close_fd - the work of close(2). replace_fd - dup2(2) of a file. */
int close_fd(unsigned int fd);
int replace_fd(unsigned int fd, struct file *file, unsigned int flags);

/* do_close_on_exec - close what has FD_CLOEXEC; from exec, with a table of its own. */
void do_close_on_exec(struct files_struct *files);
void set_close_on_exec(unsigned int fd, int flag);
bool get_close_on_exec(unsigned int fd);

#endif
