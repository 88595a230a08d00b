/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/mem.c - /proc/PID/cmdline, environ, auxv: what execve gave a program, from the program's own memory.
 *
 * The strings stand on the program's stack, where it may have changed them; what is read is what stands there at this moment. cmdline is
 * for ps and open to all. environ and auxv hold secrets (passwords, addresses): mm_access() is asked when they are opened, and the
 * opening shows that one address space from then on, whatever the process executes later.
 *
 * Locking: access_remote_vm() takes mmap_lock; the pages are copied through a kernel page, since the reader's own memory may fault.
 * Linux (fs/proc/base.c) lets cmdline run on into the environment for programs that write a longer title over both.
 */
#include <primer/gfp.h>
#include <primer/mm.h>
#include <primer/uio.h>

#include "internal.h"

struct mm_struct *proc_mm_of(struct inode *inode)
{
	struct task_struct *task = get_proc_task(inode);
	struct mm_struct *mm;

	if (!task)
		return ERR_PTR(-ESRCH);
	mm = mm_access(task);
	put_task_struct(task);
	if (IS_ERR_OR_NULL(mm))
		return mm;
	mmgrab(mm);
	mmput(mm);
	return mm;
}

/* Bytes [start, end) of @mm as the text of a file. */
static ssize_t read_range(struct mm_struct *mm, unsigned long start, unsigned long end, struct kiocb *iocb, struct iov_iter *iter)
{
	ssize_t copied = 0;
	char *page;

	if (start >= end || (u64)iocb->ki_pos >= end - start)
		return 0;
	page = (char *)__get_free_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	while (iov_iter_count(iter) && (u64)iocb->ki_pos < end - start) {
		unsigned long left = end - start - iocb->ki_pos;
		int len = min(min(left, (unsigned long)iov_iter_count(iter)), PAGE_SIZE);
		size_t n;

		len = access_remote_vm(mm, start + iocb->ki_pos, page, len, 0);
		if (len <= 0)
			break;
		n = copy_to_iter(page, len, iter);
		iocb->ki_pos += n;
		copied += n;
		if (n < (size_t)len) {
			if (!copied)
				copied = -EFAULT;
			break;
		}
	}
	free_page((unsigned long)page);
	return copied;
}

static ssize_t cmdline_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct task_struct *task = get_proc_task(file_inode(iocb->ki_filp));
	struct mm_struct *mm;
	ssize_t ret;

	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	put_task_struct(task);
	if (!mm)
		return 0;
	ret = read_range(mm, READ_ONCE(mm->arg_start), READ_ONCE(mm->arg_end), iocb, iter);
	mmput(mm);
	return ret;
}

const struct file_operations proc_cmdline_operations = { .read_iter = cmdline_read_iter, .llseek = generic_file_llseek };

static int mm_open(struct inode *inode, struct file *file)
{
	struct mm_struct *mm = proc_mm_of(inode);

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	file->private_data = mm;
	return 0;
}

static int mm_release(struct inode *inode, struct file *file)
{
	struct mm_struct *mm = file->private_data;

	if (mm)
		mmdrop(mm);
	return 0;
}

static ssize_t environ_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct mm_struct *mm = iocb->ki_filp->private_data;
	ssize_t ret;

	if (!mm || !mmget_not_zero(mm))
		return 0;
	ret = read_range(mm, READ_ONCE(mm->env_start), READ_ONCE(mm->env_end), iocb, iter);
	mmput(mm);
	return ret;
}

const struct file_operations proc_environ_operations = {
	.open = mm_open, .read_iter = environ_read_iter, .llseek = generic_file_llseek, .release = mm_release,
};

/* Pairs of words; the one with AT_NULL is the last. */
static ssize_t auxv_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct mm_struct *mm = iocb->ki_filp->private_data;
	size_t n = 0, size, copied;

	if (!mm || iocb->ki_pos < 0)
		return 0;
	do
		n += 2;
	while (n < ARRAY_SIZE(mm->saved_auxv) && mm->saved_auxv[n - 2]);
	size = n * sizeof(mm->saved_auxv[0]);
	if ((u64)iocb->ki_pos >= size)
		return 0;
	size = min(size - (size_t)iocb->ki_pos, iov_iter_count(iter));
	copied = copy_to_iter((char *)mm->saved_auxv + iocb->ki_pos, size, iter);
	if (size && !copied)
		return -EFAULT;
	iocb->ki_pos += copied;
	return copied;
}

const struct file_operations proc_auxv_operations = {
	.open = mm_open, .read_iter = auxv_read_iter, .llseek = generic_file_llseek, .release = mm_release,
};
