/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/select.c - wait for several files at once: poll(2), ppoll(2), select(2), pselect6(2).
 *
 * The problem. A task can sleep on one wait queue; a server has a thousand files, each with a queue of its own, and
 * wants to be woken by whichever comes first.
 *
 * The idea. One entry on each queue, all with the same task behind them. Each file is asked what it is ready for
 * (->poll), and in the first round it also names its queues by poll_wait(). If nobody is ready, sleep; whoever wakes
 * sets a flag; then ask all again (wait_for_answers):
 *
 *	first round	ask file, queue		ask file, queue		...	somebody ready: no more queueing
 *	nobody ready	sleep until woken, signal or time
 *	next rounds	ask all again
 *	the end		leave all queues
 *
 * A wakeup between a file's answer and the sleep is not lost: it sets pwq->triggered, and the task looks at that after
 * it has set its state (poll_schedule_timeout). Asking all again after each wakeup is the price of an interface without
 * memory; epoll has one.
 *
 * The calls differ only in how a round asks: poll goes along an array of { fd, wanted, got }, select along three
 * bitmaps, where a descriptor is wanted for what its bits say. To poll, a descriptor that is not open is an answer;
 * select refuses it at the start, and takes it as an answer if it is closed during the wait, lest it sleep for ever.
 *
 * Time. The limit is made a moment on CLOCK_MONOTONIC at once, so that repeated sleeps do not add up. A signal ends the
 * call with -ERESTARTNOHAND: select and the forms with a mask start again only if no handler runs. poll could not tell
 * the program what is left of the time, so it notes its end in the restart block and goes on from there.
 *
 * Locking: none of its own. The queues have their locks; the files are held by references until the end.
 *
 * Linux (fs/select.c) also polls network devices in a loop before it sleeps.
 */
#include <primer/bitmap.h>
#include <primer/bitops.h>
#include <primer/fdtable.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/kernel.h>
#include <primer/poll.h>
#include <primer/restart_block.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/slab.h>
#include <primer/sleep.h>
#include <primer/string.h>
#include <primer/syscalls.h>
#include <primer/time.h>
#include <primer/timekeeping.h>
#include <primer/vmalloc.h>
#include <asm/uaccess.h>
#include <uapi/resource.h>

struct pollfd {
	int fd;
	short events, revents;
};

/* ---- being on many queues ---------------------------------------------------------------------------------------- */

struct poll_table_entry {
	struct file *file;		/* with a reference */
	unsigned int key;		/* events that are wanted */
	wait_queue_entry_t wait;
	wait_queue_head_t *wq;
};

struct poll_table_page {
	struct poll_table_page *next;
	unsigned int used;
	struct poll_table_entry entries[];
};

#define INLINE_ENTRIES	8
#define ENTRIES_PER_PAGE ((PAGE_SIZE - sizeof(struct poll_table_page)) / sizeof(struct poll_table_entry))

/* One call's waiting. Owned by the task; triggered is set by wakers. */
struct poll_wqueues {
	poll_table pt;
	struct task_struct *task;
	struct poll_table_page *pages;
	int triggered;
	int error;			/* -ENOMEM: an entry could not be had */
	unsigned int inline_used;
	struct poll_table_entry inline_entries[INLINE_ENTRIES];
};

static int pollwake(struct wait_queue_entry *wait, unsigned int mode, int flags, void *key)
{
	struct poll_table_entry *entry = container_of(wait, struct poll_table_entry, wait);
	struct poll_wqueues *pwq = wait->private;
	struct wait_queue_entry dummy = { .private = pwq->task, .func = default_wake_function };

	if (key && !(key_to_poll(key) & entry->key))
		return 0;
	/*
	 * The condition is changed before the flag, the flag before the task is woken; the task reads in the opposite
	 * order. try_to_wake_up() has the full barrier.
	 */
	smp_wmb();
	WRITE_ONCE(pwq->triggered, 1);
	return default_wake_function(&dummy, mode, flags, key);
}

static struct poll_table_entry *new_entry(struct poll_wqueues *pwq)
{
	struct poll_table_page *page = pwq->pages;

	if (pwq->inline_used < INLINE_ENTRIES)
		return &pwq->inline_entries[pwq->inline_used++];
	if (!page || page->used == ENTRIES_PER_PAGE) {
		page = kmalloc(PAGE_SIZE, GFP_KERNEL);
		if (!page) {
			pwq->error = -ENOMEM;
			return NULL;
		}
		page->used = 0;
		page->next = pwq->pages;
		pwq->pages = page;
	}
	return &page->entries[page->used++];
}

static void queue_for_poll(struct file *file, wait_queue_head_t *wq, poll_table *pt)
{
	struct poll_wqueues *pwq = container_of(pt, struct poll_wqueues, pt);
	struct poll_table_entry *entry = new_entry(pwq);

	if (!entry)
		return;
	entry->file = get_file(file);
	entry->wq = wq;
	entry->key = pt->_key;
	init_waitqueue_func_entry(&entry->wait, pollwake);
	entry->wait.private = pwq;
	add_wait_queue(wq, &entry->wait);
}

static void poll_initwait(struct poll_wqueues *pwq)
{
	pwq->pt._qproc = queue_for_poll;
	pwq->pt._key = ~0u;
	pwq->task = current;
	pwq->pages = NULL;
	pwq->triggered = pwq->error = 0;
	pwq->inline_used = 0;
}

static void free_entry(struct poll_table_entry *entry)
{
	remove_wait_queue(entry->wq, &entry->wait);
	fput(entry->file);
}

static void poll_freewait(struct poll_wqueues *pwq)
{
	for (unsigned int i = 0; i < pwq->inline_used; i++)
		free_entry(&pwq->inline_entries[i]);
	while (pwq->pages) {
		struct poll_table_page *page = pwq->pages;

		for (unsigned int i = 0; i < page->used; i++)
			free_entry(&page->entries[i]);
		pwq->pages = page->next;
		kfree(page);
	}
}

/* Sleep until somebody triggers, a signal comes, or *@expires (NULL: never). Returns whether the time is up. */
static bool poll_schedule_timeout(struct poll_wqueues *pwq, ktime_t *expires, u64 slack)
{
	int rc = -EINTR;

	set_current_state(TASK_INTERRUPTIBLE);
	if (!READ_ONCE(pwq->triggered))
		rc = schedule_hrtimeout_range(expires, slack, HRTIMER_MODE_ABS);
	__set_current_state(TASK_RUNNING);
	/* Forget the trigger before the files are asked again; what changes after that triggers anew. */
	WRITE_ONCE(pwq->triggered, 0);
	smp_mb();
	return rc == 0;
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

/* The end of a wait. none: there is none. */
struct poll_limit {
	bool none;
	ktime_t end;			/* CLOCK_MONOTONIC; 0: do not wait at all */
	u64 slack;			/* ns that it may be late: a thousandth of the wait */
};

static void set_limit(struct poll_limit *limit, const struct timespec64 *span)
{
	u64 ns;

	*limit = (struct poll_limit){ .none = !span };
	if (!span || (!span->tv_sec && !span->tv_nsec))
		return;
	ns = timespec64_to_ktime(*span);
	limit->end = ktime_add_safe(ktime_get(), ns);
	limit->slack = max(min(ns / 1000, 100ULL * NSEC_PER_MSEC), current->timer_slack_ns);
}

/* What is left until the end, not less than 0. */
static struct timespec64 time_left(const struct poll_limit *limit)
{
	s64 left = limit->end ? limit->end - ktime_get() : 0;

	return ktime_to_timespec64(left > 0 ? left : 0);
}

/* ---- asking, and waiting for an answer --------------------------------------------------------------------------- */

/*
 * What of @wanted the file @fd is ready for; EPOLLNVAL if nothing can be asked. Queues for the same unless pt->_qproc
 * is NULL, as it is after the first answer: the task will not sleep.
 */
static __always_inline unsigned int ask(unsigned int fd, unsigned int wanted, poll_table *pt)
{
	unsigned int mask = EPOLLNVAL;
	struct fd f = fdget(fd);

	if (f.file) {
		mask = DEFAULT_POLLMASK;
		pt->_key = wanted;
		if (f.file->f_op->poll)
			mask = f.file->f_op->poll(f.file, pt);
		mask &= wanted;
		fdput(f);
	}
	if (mask)
		pt->_qproc = NULL;
	return mask;
}

/*
 * Wait for an answer to one of @n questions. A round is one call of @ask_all, which asks them all, notes the answers
 * there, and returns how many there are. Returns the same, 0 when the time is up, -ERESTARTNOHAND, -ENOMEM.
 */
static __always_inline long wait_for_answers(long (*ask_all)(void *questions, unsigned int n, poll_table *pt),
					     void *questions, unsigned int n, struct poll_limit *limit)
{
	bool up = !limit->none && !limit->end;
	struct poll_wqueues pwq;
	long count;

	poll_initwait(&pwq);
	if (up)
		pwq.pt._qproc = NULL;
	for (;;) {
		count = ask_all(questions, n, &pwq.pt);
		pwq.pt._qproc = NULL;		/* on all queues by now */
		if (!count)
			count = signal_pending(current) ? -ERESTARTNOHAND : pwq.error;
		if (count || up)
			break;
		up = poll_schedule_timeout(&pwq, limit->none ? NULL : &limit->end, limit->slack);
	}
	poll_freewait(&pwq);
	return count;
}

/* ---- poll -------------------------------------------------------------------------------------------------------- */

static long ask_pollfds(void *questions, unsigned int n, poll_table *pt)
{
	struct pollfd *fds = questions;
	long count = 0;

	for (struct pollfd *p = fds; p < fds + n; p++) {
		p->revents = 0;
		if (p->fd < 0)
			continue;
		p->revents = (short)ask(p->fd, (unsigned short)p->events | EPOLLERR | EPOLLHUP, pt);
		count += p->revents != 0;
	}
	return count;
}

#define POLL_STACK_FDS	32

static long do_sys_poll(struct pollfd __user *ufds, unsigned int nfds, struct poll_limit *limit)
{
	struct pollfd few[POLL_STACK_FDS], *fds = few;
	size_t size = (size_t)nfds * sizeof(*fds);
	long ret;

	if (nfds > rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	if (nfds > POLL_STACK_FDS) {
		fds = kvmalloc(size, GFP_KERNEL);
		if (!fds)
			return -ENOMEM;
	}
	ret = -EFAULT;
	if (copy_from_user(fds, ufds, size))
		goto out;
	ret = wait_for_answers(ask_pollfds, fds, nfds, limit);
	/* Only revents is written: the rest is the program's, and another thread may be changing it. */
	for (unsigned int i = 0; i < nfds; i++) {
		if (put_user(fds[i].revents, &ufds[i].revents)) {
			ret = -EFAULT;
			break;
		}
	}
out:
	if (fds != few)
		kvfree(fds);
	return ret;
}

static long poll_restart(struct restart_block *restart)
{
	struct timespec64 end = { restart->poll.tv_sec, restart->poll.tv_nsec };
	struct poll_limit limit = {
		.none = !restart->poll.has_timeout,
		.end = timespec64_to_ktime(end),
		.slack = current->timer_slack_ns,
	};
	long ret = do_sys_poll(restart->poll.ufds, restart->poll.nfds, &limit);

	return ret == -ERESTARTNOHAND ? set_restart_fn(restart, poll_restart) : ret;
}

SYSCALL_DEFINE3(poll, struct pollfd __user *, ufds, unsigned int, nfds, int, timeout_ms)
{
	struct timespec64 span = { timeout_ms / 1000, timeout_ms % 1000 * NSEC_PER_MSEC }, end;
	struct restart_block *restart = &current->restart_block;
	struct poll_limit limit;
	long ret;

	set_limit(&limit, timeout_ms < 0 ? NULL : &span);
	ret = do_sys_poll(ufds, nfds, &limit);
	if (ret != -ERESTARTNOHAND)
		return ret;
	end = ktime_to_timespec64(limit.end);
	restart->poll.ufds = ufds;
	restart->poll.nfds = nfds;
	restart->poll.has_timeout = !limit.none;
	restart->poll.tv_sec = end.tv_sec;
	restart->poll.tv_nsec = end.tv_nsec;
	return set_restart_fn(restart, poll_restart);
}

/* ---- select ------------------------------------------------------------------------------------------------------ */

#define POLLIN_SET	(EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLNVAL)
#define POLLOUT_SET	(EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR | EPOLLNVAL)
#define POLLEX_SET	(EPOLLPRI | EPOLLNVAL)

enum { SET_IN, SET_OUT, SET_EX, NR_SETS };
static const unsigned int set_events[NR_SETS] = { POLLIN_SET, POLLOUT_SET, POLLEX_SET };

/* The six bitmaps of a call: what is asked, what is answered. */
struct select_sets {
	unsigned long *ask[NR_SETS], *answer[NR_SETS];
};

/* The descriptors of word @w that are in any set. */
static unsigned long asked(const struct select_sets *sets, unsigned int w)
{
	return sets->ask[SET_IN][w] | sets->ask[SET_OUT][w] | sets->ask[SET_EX][w];
}

static bool all_open(const struct select_sets *sets, unsigned int words)
{
	unsigned long closed = 0;
	const struct fdtable *fdt;

	rcu_read_lock();
	fdt = rcu_dereference(current->files->fdt);
	for (unsigned int w = 0; w < words; w++)
		closed |= asked(sets, w) & ~READ_ONCE(fdt->open_fds[w]);
	rcu_read_unlock();
	return !closed;
}

/* Ask for descriptor @fd what its bits say; note the answers. Number of bits set. */
static int select_one(struct select_sets *sets, unsigned int fd, poll_table *pt)
{
	unsigned int wanted = 0, mask;
	int count = 0;

	for (int s = 0; s < NR_SETS; s++)
		if (test_bit(fd, sets->ask[s]))
			wanted |= set_events[s];
	mask = ask(fd, wanted, pt);
	for (int s = 0; s < NR_SETS && mask; s++) {
		if (mask & set_events[s] && test_bit(fd, sets->ask[s])) {
			__set_bit(fd, sets->answer[s]);
			count++;
		}
	}
	return count;
}

static long ask_sets(void *questions, unsigned int words, poll_table *pt)
{
	struct select_sets *sets = questions;
	long count = 0;

	for (unsigned int w = 0; w < words; w++)
		for (unsigned long left = asked(sets, w); left; left &= left - 1)
			count += select_one(sets, w * BITS_PER_LONG + __ffs(left), pt);
	return count;
}

/* The first @n bits of @from; the bits behind them in the last word are 0. */
static int get_set(unsigned long *to, const unsigned long __user *from, unsigned int n)
{
	unsigned int words = BITS_TO_LONGS(n);

	if (!from || !n) {
		memset(to, 0, words * sizeof(long));
		return 0;
	}
	if (copy_from_user(to, from, words * sizeof(long)))
		return -EFAULT;
	to[words - 1] &= BITMAP_LAST_WORD_MASK(n);
	return 0;
}

#define SELECT_STACK_WORDS	4	/* 256 descriptors: most programs have fewer */

static long core_sys_select(int n, unsigned long __user *usets[NR_SETS], struct poll_limit *limit)
{
	unsigned long few[2 * NR_SETS * SELECT_STACK_WORDS], *bits = few;
	struct select_sets sets;
	unsigned int words;
	long ret;

	if (n < 0)
		return -EINVAL;
	rcu_read_lock();
	n = min_t(unsigned int, n, rcu_dereference(current->files->fdt)->max_fds);
	rcu_read_unlock();
	words = BITS_TO_LONGS(n);
	if (words > SELECT_STACK_WORDS) {
		bits = kvmalloc((size_t)words * 2 * NR_SETS * sizeof(long), GFP_KERNEL);
		if (!bits)
			return -ENOMEM;
	}
	for (int s = 0; s < NR_SETS; s++) {
		sets.ask[s] = bits + s * words;
		sets.answer[s] = bits + (NR_SETS + s) * words;
		memset(sets.answer[s], 0, words * sizeof(long));
		ret = get_set(sets.ask[s], usets[s], n);
		if (ret)
			goto out;
	}
	ret = -EBADF;
	if (!all_open(&sets, words))
		goto out;
	ret = wait_for_answers(ask_sets, &sets, words, limit);
	if (ret < 0)
		goto out;
	for (int s = 0; s < NR_SETS; s++)
		if (usets[s] && copy_to_user(usets[s], sets.answer[s], words * sizeof(long)))
			ret = -EFAULT;
out:
	if (bits != few)
		kvfree(bits);
	return ret;
}

/* ---- the forms with a mask, and what they give back -------------------------------------------------------------- */

/* A temporary mask from the program. 0, -EINVAL, -EFAULT. */
static int set_user_sigmask(const sigset_t __user *umask, size_t sigsetsize)
{
	sigset_t mask;

	if (!umask)
		return 0;
	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (copy_from_user(&mask, umask, sizeof(mask)))
		return -EFAULT;
	current->saved_sigmask = current->blocked;
	set_restore_sigmask();
	set_current_blocked(&mask);
	return 0;
}

/*
 * The end of a call with a mask: after a signal the mask stays until the handler's frame is made; otherwise it goes
 * now. What is left of the time is told, as Linux does; a program that cannot be told is not restarted, because it
 * would wait too long.
 */
static long finish(long ret, const struct poll_limit *limit, struct __kernel_timespec __user *uspan,
		   struct __kernel_old_timeval __user *utv)
{
	struct timespec64 left;
	int err = 0;

	if (ret != -ERESTARTNOHAND)
		restore_saved_sigmask();
	if (limit->none)
		return ret;
	left = time_left(limit);
	if (uspan)
		err = put_timespec64(&left, uspan);
	else if (utv)
		err = put_user(left.tv_sec, &utv->tv_sec) | put_user(left.tv_nsec / NSEC_PER_USEC, &utv->tv_usec);
	return err && ret == -ERESTARTNOHAND ? -EINTR : ret;
}

/* The span of a call with a struct timespec; *@spanp NULL: for ever. */
static int get_span(struct timespec64 *span, struct timespec64 **spanp, const struct __kernel_timespec __user *uspan)
{
	*spanp = NULL;
	if (!uspan)
		return 0;
	if (get_timespec64(span, uspan))
		return -EFAULT;
	if (!timespec64_valid(span))
		return -EINVAL;
	*spanp = span;
	return 0;
}

SYSCALL_DEFINE5(ppoll, struct pollfd __user *, ufds, unsigned int, nfds, struct __kernel_timespec __user *, uspan,
		const sigset_t __user *, umask, size_t, sigsetsize)
{
	struct timespec64 span, *spanp;
	struct poll_limit limit;
	long ret = get_span(&span, &spanp, uspan);

	if (ret)
		return ret;
	set_limit(&limit, spanp);
	ret = set_user_sigmask(umask, sigsetsize);
	if (ret)
		return ret;
	return finish(do_sys_poll(ufds, nfds, &limit), &limit, uspan, NULL);
}

SYSCALL_DEFINE5(select, int, n, unsigned long __user *, in, unsigned long __user *, out, unsigned long __user *, ex,
		struct __kernel_old_timeval __user *, utv)
{
	unsigned long __user *usets[NR_SETS] = { in, out, ex };
	struct __kernel_old_timeval tv;
	struct timespec64 span;
	struct poll_limit limit;

	if (utv) {
		if (copy_from_user(&tv, utv, sizeof(tv)))
			return -EFAULT;
		if (tv.tv_sec < 0 || tv.tv_usec < 0)
			return -EINVAL;
		/* More than a million microseconds is allowed here, and only here. */
		if (__builtin_add_overflow(tv.tv_sec, tv.tv_usec / USEC_PER_SEC, &span.tv_sec))
			return -EINVAL;
		span.tv_nsec = tv.tv_usec % USEC_PER_SEC * NSEC_PER_USEC;
	}
	set_limit(&limit, utv ? &span : NULL);
	return finish(core_sys_select(n, usets, &limit), &limit, NULL, utv);
}

/* The sixth argument points to a mask and its size: seven do not fit into registers. */
SYSCALL_DEFINE6(pselect6, int, n, unsigned long __user *, in, unsigned long __user *, out, unsigned long __user *, ex,
		struct __kernel_timespec __user *, uspan, void __user *, usig)
{
	unsigned long __user *usets[NR_SETS] = { in, out, ex };
	struct { const sigset_t __user *mask; size_t size; } sig = { NULL, 0 };
	struct timespec64 span, *spanp;
	struct poll_limit limit;
	long ret;

	if (usig && copy_from_user(&sig, usig, sizeof(sig)))
		return -EFAULT;
	ret = get_span(&span, &spanp, uspan);
	if (ret)
		return ret;
	set_limit(&limit, spanp);
	ret = set_user_sigmask(sig.mask, sig.size);
	if (ret)
		return ret;
	return finish(core_sys_select(n, usets, &limit), &limit, uspan, NULL);
}
