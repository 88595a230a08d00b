/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/number.c - files in /proc/PID that are one number and can be written: oom_adj, oom_score_adj; in DEBUG builds
 * make-it-fail and fail-nth.
 *
 * A number is written whole, with or without white space around it, by one write(); what is not a number is EINVAL.
 * Reading and writing allocate nothing, so that the file that counts allocations (fail-nth) does not count itself.
 *
 * Who may change how likely a process is to be killed. To make it less likely takes CAP_SYS_RESOURCE, but down to
 * oom_score_adj_min, the last value that somebody with that power has set, anybody may go back. oom_adj is the same
 * number in steps of an older interface, -17 to 15; there any lowering takes the power.
 *
 * All processes that share the memory change together: killing one kills them all.
 *
 * Linux: fs/proc/base.c.
 */
#include <primer/cred.h>
#include <primer/kstrtox.h>
#include <primer/mm.h>
#include <primer/oom.h>
#include <primer/printk.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <primer/uio.h>

#include "internal.h"

#define NUMBER_SIZE	13		/* the longest number that is accepted, with a newline and an end */

static ssize_t put_number(struct kiocb *iocb, struct iov_iter *to, const char *text, int len)
{
	size_t n;

	if (iocb->ki_pos < 0 || iocb->ki_pos >= len)
		return 0;
	n = min_t(size_t, len - iocb->ki_pos, iov_iter_count(to));
	n = copy_to_iter(text + iocb->ki_pos, n, to);
	if (!n && iov_iter_count(to))
		return -EFAULT;
	iocb->ki_pos += n;
	return n;
}

static int get_number(struct iov_iter *from, int *value)
{
	char text[NUMBER_SIZE] = { 0 };
	size_t n = min_t(size_t, iov_iter_count(from), sizeof(text) - 1);

	if (copy_from_iter(text, n, from) != n)
		return -EFAULT;
	return kstrtoint(strstrip(text), 0, value);
}

/* ---- oom_adj, oom_score_adj -------------------------------------------------------------------------------------- */

/* [sighand->siglock] */
static int may_set(const struct signal_struct *sig, int adj, bool legacy)
{
	if (capable(CAP_SYS_RESOURCE))
		return 0;
	return adj < (legacy ? sig->oom_score_adj : sig->oom_score_adj_min) ? -EACCES : 0;
}

static void set_one(struct task_struct *task, int adj, bool legacy)
{
	task->signal->oom_score_adj = adj;
	if (!legacy && has_capability(current, CAP_SYS_RESOURCE))
		task->signal->oom_score_adj_min = adj;
}

/* The others that @task's memory belongs to. A thread of the same process shares signal_struct as well. */
static void set_sharers(struct task_struct *task, const struct mm_struct *mm, int adj, bool legacy)
{
	struct task_struct *p, *t;

	for_each_process(p) {
		if (same_thread_group(p, task) || (p->flags & PF_KTHREAD) || is_global_init(p))
			continue;
		for_each_thread(p, t) {
			if (READ_ONCE(t->mm) == mm) {
				set_one(p, adj, legacy);
				break;
			}
		}
	}
}

static int set_oom_adj(struct task_struct *task, int adj, bool legacy)
{
	struct mm_struct *mm;
	unsigned long flags;
	int err;

	if (legacy)
		pr_warn_once("%s (%d): /proc/%d/oom_adj is deprecated, please use /proc/%d/oom_score_adj instead.\n",
			     current->comm, current->pid, task->pid, task->pid);
	/* Whoever exits gives his memory up meanwhile: the reference keeps its address from meaning another's. */
	task_lock(task);
	mm = task->mm;
	if (mm)
		mmgrab(mm);
	task_unlock(task);
	read_lock(&tasklist_lock);
	err = -ESRCH;
	if (lock_task_sighand(task, &flags)) {
		err = may_set(task->signal, adj, legacy);
		if (!err)
			set_one(task, adj, legacy);
		unlock_task_sighand(task, &flags);
	}
	if (!err && mm && atomic_read(&mm->mm_users) > 1)
		set_sharers(task, mm, adj, legacy);
	read_unlock(&tasklist_lock);
	if (mm)
		mmdrop(mm);
	return err;
}

static ssize_t write_oom(struct kiocb *iocb, struct iov_iter *from, bool legacy)
{
	struct task_struct *task;
	size_t count = iov_iter_count(from);
	int adj, err = get_number(from, &adj);

	if (err)
		return err;
	if (legacy) {
		if ((adj < OOM_ADJUST_MIN || adj > OOM_ADJUST_MAX) && adj != OOM_DISABLE)
			return -EINVAL;
		adj = adj == OOM_ADJUST_MAX ? OOM_SCORE_ADJ_MAX : adj * OOM_SCORE_ADJ_MAX / -OOM_DISABLE;
	} else if (adj < OOM_SCORE_ADJ_MIN || adj > OOM_SCORE_ADJ_MAX) {
		return -EINVAL;
	}
	task = get_proc_task(file_inode(iocb->ki_filp));
	if (!task)
		return -ESRCH;
	err = set_oom_adj(task, adj, legacy);
	put_task_struct(task);
	return err ? err : (ssize_t)count;
}

static ssize_t read_oom(struct kiocb *iocb, struct iov_iter *to, bool legacy)
{
	struct task_struct *task = get_proc_task(file_inode(iocb->ki_filp));
	char text[NUMBER_SIZE];
	int adj;

	if (!task)
		return -ESRCH;
	adj = READ_ONCE(task->signal->oom_score_adj);
	put_task_struct(task);
	if (legacy) {
		adj = adj == OOM_SCORE_ADJ_MAX ? OOM_ADJUST_MAX : adj * -OOM_DISABLE / OOM_SCORE_ADJ_MAX;
		adj = min(adj, OOM_ADJUST_MAX);
	}
	return put_number(iocb, to, text, scnprintf(text, sizeof(text), "%d\n", adj));
}

static ssize_t oom_adj_read(struct kiocb *iocb, struct iov_iter *to)		{ return read_oom(iocb, to, true); }
static ssize_t oom_adj_write(struct kiocb *iocb, struct iov_iter *from)		{ return write_oom(iocb, from, true); }
static ssize_t oom_score_adj_read(struct kiocb *iocb, struct iov_iter *to)	{ return read_oom(iocb, to, false); }
static ssize_t oom_score_adj_write(struct kiocb *iocb, struct iov_iter *from)	{ return write_oom(iocb, from, false); }

const struct file_operations proc_oom_adj_operations = {
	.read_iter = oom_adj_read, .write_iter = oom_adj_write, .llseek = generic_file_llseek,
};
const struct file_operations proc_oom_score_adj_operations = {
	.read_iter = oom_score_adj_read, .write_iter = oom_score_adj_write, .llseek = generic_file_llseek,
};

/* From 0 to 2000: 667 is a process that has nothing, 1000 one that has all of it. 0: it is never killed. */
int proc_oom_score(struct seq_file *m, struct task_struct *task)
{
	long totalpages = totalram_pages(), badness = oom_badness(task, totalpages), points = 0;

	if (badness != LONG_MIN)
		points = (1000 + badness * 1000 / totalpages) * 2 / 3;
	seq_printf(m, "%ld\n", points);
	return 0;
}

/* ---- make-it-fail, fail-nth: mm/alloc/fault_inject.c ------------------------------------------------------------- */

#ifdef CONFIG_DEBUG

static ssize_t write_fail(struct kiocb *iocb, struct iov_iter *from, bool nth)
{
	size_t count = iov_iter_count(from);
	struct task_struct *task;
	int value, err;

	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;
	err = get_number(from, &value);
	if (err)
		return err;
	if (value < 0 || (!nth && value > 1))
		return -EINVAL;
	task = get_proc_task(file_inode(iocb->ki_filp));
	if (!task)
		return -ESRCH;
	if (nth)
		WRITE_ONCE(task->fail_nth, value);
	else
		WRITE_ONCE(task->make_it_fail, value);
	put_task_struct(task);
	return count;
}

static ssize_t read_fail(struct kiocb *iocb, struct iov_iter *to, bool nth)
{
	struct task_struct *task = get_proc_task(file_inode(iocb->ki_filp));
	char text[NUMBER_SIZE];
	unsigned int value;

	if (!task)
		return -ESRCH;
	value = nth ? READ_ONCE(task->fail_nth) : READ_ONCE(task->make_it_fail);
	put_task_struct(task);
	return put_number(iocb, to, text, scnprintf(text, sizeof(text), "%u\n", value));
}

static ssize_t fail_nth_read(struct kiocb *iocb, struct iov_iter *to)		{ return read_fail(iocb, to, true); }
static ssize_t fail_nth_write(struct kiocb *iocb, struct iov_iter *from)	{ return write_fail(iocb, from, true); }
static ssize_t make_it_fail_read(struct kiocb *iocb, struct iov_iter *to)	{ return read_fail(iocb, to, false); }
static ssize_t make_it_fail_write(struct kiocb *iocb, struct iov_iter *from)	{ return write_fail(iocb, from, false); }

const struct file_operations proc_fail_nth_operations = {
	.read_iter = fail_nth_read, .write_iter = fail_nth_write, .llseek = generic_file_llseek,
};
const struct file_operations proc_make_it_fail_operations = {
	.read_iter = make_it_fail_read, .write_iter = make_it_fail_write, .llseek = generic_file_llseek,
};

#endif
