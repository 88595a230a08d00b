/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/futex.c - the kernel's half of the locks of user programs.
 *
 * The problem. A lock between threads is nearly always free: then one atomic instruction on a word that both can see takes it, and
 * no system call is needed. Only who finds it taken must sleep, and for that needs the kernel. The kernel does not know
 * what the word means; but between "I saw that it is taken" and "I sleep" the holder may let go.
 *
 * The idea. futex_wait(word, value) sleeps only if the word still has that value, and looks at it under the same lock under which a
 * waker looks for sleepers. Sleepers are found by the word's identity, in a hash table:
 *
 *	waiter						waker
 *	T1  value = word; taken				W1  word = free			(user mode)
 *	T2  futex_wait(word, value):			W2  futex_wake(word):
 *	      bucket->waiters++, full barrier		      full barrier
 *	      lock bucket				      bucket->waiters == 0? done
 *	      word != value? unlock, -EAGAIN		      lock bucket, take waiters off, unlock
 *	      enqueue, unlock, schedule			      wake them
 *
 * If the look at the word came before W1, then by the two barriers waiters++ came before the waker's look at it: it takes the lock, and
 * either finds the waiter queued, or is before the waiter in the bucket, and then the word is already new when the waiter looks. The count
 * spares a waker who has nobody to wake the bucket's lock.
 *
 *	futex_queues[hash(key)]	--> [ lock | waiters | list ] --> futex_q --> futex_q		on the waiters' kernel stacks
 *
 * Which word is it? The same word may have different addresses in different processes. key.both tells:
 *	of one process		mm and address			FUTEX_PRIVATE_FLAG, or memory that is not shared
 *	of a shared mapping	inode, page in it, offset	found by the area around the address
 * Both pointers are only compared. Should one be freed and its address be reused while somebody sleeps, he may be woken for nothing,
 * which futex_wait() allows.
 *
 * Reading the word under a spinning lock must not fault a page in: with preemption off the access just fails (kernel/entry/fault.c); then
 * everything is let go, the page is fetched, and all begins again.
 *
 * When is a futex_q gone? It lies on the waiter's stack. q->lock_ptr is the bucket's lock as long as it is queued; the waker's last
 * access is the store of NULL there, with release; the waiter leaves when it has seen that, or has taken itself off under the lock. Requeueing
 * changes lock_ptr, so who has taken the lock looks again whether it is still the right one.
 *
 * Also here: what a dying thread leaves. clear_child_tid: the word at that address becomes 0 and one waiter is woken: pthread_join().
 * The robust list: a list in user memory of the locks that the thread holds; each gets FUTEX_OWNER_DIED, and a waiter is woken.
 * Nothing in user memory is believed: the list may be a circle, so the walk is limited; and any access may fail.
 *
 * Locking: bucket->lock (rank FUTEX), two in order of address. Linux (kernel/futex/) also has locks with priority inheritance.
 */
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/fs.h>
#include <primer/hash.h>
#include <primer/hrtimer.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/log2.h>
#include <primer/pid.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <primer/syscalls.h>
#include <primer/time.h>
#include <primer/timekeeping.h>
#include <primer/vm.h>
#include <uapi/capability.h>
#include <uapi/futex.h>
#include <uapi/time.h>
#include <asm/futex.h>

#include "internal.h"

#define FLAGS_SHARED	0x01		/* the word may be another process's too */
#define FLAGS_CLOCKRT	0x02		/* the timeout is by the wall clock */

#define FUT_OFF_INODE	1UL		/* in key.offset, whose low two bits are free: words are aligned */
#define FUT_OFF_MMSHARED 2UL

struct futex_key {
	const void *object;		/* mm or inode: compared, never followed */
	unsigned long page;		/* address or index of the page */
	unsigned long offset;		/* in the page, with FUT_OFF_*; above PAGE_SHIFT the inode's number */
};

struct futex_bucket {
	spinlock_t lock;		/* rank LOCK_RANK_FUTEX; tasks only */
	atomic_t waiters;		/* queued here, or about to be */
	struct list_head queue;		/* [lock] */
} __aligned(64);

/* A sleeper. [bucket lock] but: */
struct futex_q {
	struct list_head list;
	struct task_struct *task;	/* immutable */
	spinlock_t *lock_ptr;		/* the bucket's; NULL: woken. [changed under the lock, read without] */
	struct futex_key key;
	u32 bitset;			/* immutable: which wakeups count */
};

static struct futex_bucket *futex_queues __ro_after_init;
static unsigned int futex_hash_bits __ro_after_init;

/* ---- words and buckets --------------------------------------------------------------------------------------------- */

static bool match_futex(const struct futex_key *a, const struct futex_key *b)
{
	return a->object == b->object && a->page == b->page && a->offset == b->offset;
}

static struct futex_bucket *hash_futex(const struct futex_key *key)
{
	u64 mixed = ((unsigned long)key->object >> 6) * GOLDEN_RATIO_64 + key->page;

	return &futex_queues[hash_64(mixed ^ (key->offset << 40), futex_hash_bits)];
}

static int get_futex_key(u32 __user *uaddr, unsigned int flags, struct futex_key *key)
{
	unsigned long address = (unsigned long)uaddr;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int err = 0;

	if (address % sizeof(u32))
		return -EINVAL;
	if (!access_ok(uaddr, sizeof(u32)))
		return -EFAULT;
	key->object = mm;
	key->page = address & PAGE_MASK;
	key->offset = offset_in_page(address);
	if (!(flags & FLAGS_SHARED))
		return 0;

	key->offset |= FUT_OFF_MMSHARED;
	mmap_read_lock(mm);
	vma = find_vma(mm, address);
	if (!vma || vma->vm_start > address) {
		err = -EFAULT;
	} else if ((vma->vm_flags & VM_MAYSHARE) && vma->vm_file) {
		key->object = file_inode(vma->vm_file);
		key->page = ((address - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
		/* Its number too: another file may have the memory of an inode that somebody still waits for. */
		key->offset = offset_in_page(address) | FUT_OFF_INODE | file_inode(vma->vm_file)->i_ino << PAGE_SHIFT;
	}
	mmap_read_unlock(mm);
	return err;
}

/* With a bucket's lock held: fails where the page would have to be fetched. */
static int get_futex_value_locked(u32 *val, u32 __user *uaddr)
{
	return get_user(*val, uaddr);
}

/* Fetch the page for writing. No lock held. */
static int fault_in_user_writeable(u32 __user *uaddr)
{
	u32 val, found;

	if (get_user(val, uaddr))
		return -EFAULT;
	return futex_atomic_cmpxchg_inatomic(&found, uaddr, val, val);
}

static void double_lock_hb(struct futex_bucket *a, struct futex_bucket *b)
{
	if (a > b)
		swap(a, b);
	spin_lock(&a->lock);
	if (a != b)
		spin_lock_nested(&b->lock, 1);
}

static void double_unlock_hb(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

static void unqueue(struct futex_q *q)
{
	struct futex_bucket *hb = container_of(q->lock_ptr, struct futex_bucket, lock);

	lockdep_assert_held(q->lock_ptr);
	list_del_init(&q->list);
	atomic_dec(&hb->waiters);
}

/* ---- waking ---------------------------------------------------------------------------------------------------------- */

/* Take @q off and note its task for the wakeup, which comes when the bucket's lock is dropped. */
static void mark_wake_futex(struct wake_q_head *wake_q, struct futex_q *q)
{
	struct task_struct *p = get_task_struct(q->task);

	unqueue(q);
	/* From here on q may be gone: pairs with the acquire in futex_unqueue(). p is not, and is woken after this store. */
	smp_store_release(&q->lock_ptr, NULL);
	wake_q_add(wake_q, p);
	put_task_struct(p);
}

static int wake_matching(struct futex_bucket *hb, const struct futex_key *key, int nr_wake, u32 bitset, struct wake_q_head *wake_q)
{
	struct futex_q *q, *next;
	int n = 0;

	list_for_each_entry_safe(q, next, &hb->queue, list) {
		if (!match_futex(&q->key, key) || !(q->bitset & bitset))
			continue;
		mark_wake_futex(wake_q, q);
		if (++n >= nr_wake)
			break;
	}
	return n;
}

static int futex_wake(u32 __user *uaddr, unsigned int flags, int nr_wake, u32 bitset)
{
	struct futex_bucket *hb;
	struct futex_key key;
	DEFINE_WAKE_Q(wake_q);
	int ret;

	if (!bitset)
		return -EINVAL;
	ret = get_futex_key(uaddr, flags, &key);
	if (ret)
		return ret;
	hb = hash_futex(&key);
	smp_mb();			/* the word (user mode's store) before waiters: pairs with queue_lock() */
	if (!atomic_read(&hb->waiters))
		return 0;
	spin_lock(&hb->lock);
	ret = wake_matching(hb, &key, nr_wake, bitset, &wake_q);
	spin_unlock(&hb->lock);
	wake_up_q(&wake_q);
	return ret;
}

/* ---- waiting --------------------------------------------------------------------------------------------------------- */

struct futex_timeout {
	struct hrtimer timer;
	struct task_struct *task;	/* NULL: it has expired */
};

static enum hrtimer_restart futex_timed_out(struct hrtimer *timer)
{
	struct futex_timeout *to = container_of(timer, struct futex_timeout, timer);
	struct task_struct *p = to->task;

	WRITE_ONCE(to->task, NULL);
	if (p)				/* else it expired just before a stray wakeup had it started again */
		wake_up_process(p);
	return HRTIMER_NORESTART;
}

/* Announce us to the wakers of @q->key's bucket, and lock it. */
static struct futex_bucket *queue_lock(struct futex_q *q)
{
	struct futex_bucket *hb = hash_futex(&q->key);

	atomic_inc(&hb->waiters);	/* a full barrier on x86, like the lock's: pairs with futex_wake() */
	smp_mb__after_atomic();
	q->lock_ptr = &hb->lock;
	spin_lock(&hb->lock);
	return hb;
}

static void queue_unlock(struct futex_bucket *hb)
{
	spin_unlock(&hb->lock);
	atomic_dec(&hb->waiters);
}

/* Off the queue, if nobody has taken us off. True: we were still on it. */
static bool futex_unqueue(struct futex_q *q)
{
	spinlock_t *lock;

	while ((lock = smp_load_acquire(&q->lock_ptr)) != NULL) {
		spin_lock(lock);
		if (unlikely(lock != q->lock_ptr)) {	/* requeued or woken meanwhile */
			spin_unlock(lock);
			continue;
		}
		unqueue(q);
		spin_unlock(lock);
		return true;
	}
	return false;
}

/* futex_check_early: the planted bug, with which tests/test_sched_rt.py proves that its storm would find a real lost wakeup. */
#ifdef CONFIG_DEBUG
static bool futex_check_early __ro_after_init;

static int __init futex_check_early_setup(char *str)
{
	futex_check_early = true;
	pr_warn("futex: the word is looked at before its waiter is queued: wakeups will be lost\n");
	return 0;
}
early_param("futex_check_early", futex_check_early_setup);
#define CHECK_EARLY	unlikely(futex_check_early)
#else
#define CHECK_EARLY	false
#endif

/* Look at the word, and get into the bucket: 0 with the bucket locked, or -EWOULDBLOCK, -EFAULT. */
static int futex_wait_setup(u32 __user *uaddr, u32 val, unsigned int flags, struct futex_q *q, struct futex_bucket **hb)
{
	u32 uval;
	int err;

	for (;;) {
		err = get_futex_key(uaddr, flags, &q->key);
		if (err)
			return err;
		if (CHECK_EARLY) {
			err = get_user(uval, uaddr);
			if (err)
				return err;
			yield();			/* who now changes the word and wakes finds nobody */
			*hb = queue_lock(q);
			break;
		}
		*hb = queue_lock(q);
		err = get_futex_value_locked(&uval, uaddr);
		if (likely(!err))
			break;
		queue_unlock(*hb);
		err = get_user(uval, uaddr);		/* may sleep: fetch the page */
		if (err)
			return err;
	}
	if (uval != val) {
		queue_unlock(*hb);
		return -EWOULDBLOCK;
	}
	return 0;
}

static long futex_wait_restart(struct restart_block *restart);

/* @abs_time: when to give up, or NULL. After a signal the wait goes on to the same moment. */
static int futex_wait(u32 __user *uaddr, unsigned int flags, u32 val, const ktime_t *abs_time, u32 bitset)
{
	struct futex_q q = { .task = current, .bitset = bitset };
	struct futex_timeout to;
	struct futex_bucket *hb;
	int ret;

	if (!bitset)
		return -EINVAL;
	if (abs_time) {
		to.task = current;
		hrtimer_init_on_stack(&to.timer, (flags & FLAGS_CLOCKRT) ? CLOCK_REALTIME : CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
		to.timer.function = futex_timed_out;
	}
retry:
	ret = futex_wait_setup(uaddr, val, flags, &q, &hb);
	if (ret)
		goto out;
	/* The state before the list: who takes us off and wakes us may do so as soon as the lock is dropped. */
	set_current_state(TASK_INTERRUPTIBLE);
	list_add_tail(&q.list, &hb->queue);
	spin_unlock(&hb->lock);
	if (abs_time)
		hrtimer_start_range_ns(&to.timer, *abs_time, current->timer_slack_ns, HRTIMER_MODE_ABS);
	if (READ_ONCE(q.lock_ptr) && (!abs_time || READ_ONCE(to.task)))
		schedule();
	__set_current_state(TASK_RUNNING);

	ret = 0;
	if (!futex_unqueue(&q))
		goto out;
	ret = -ETIMEDOUT;
	if (abs_time && !READ_ONCE(to.task))
		goto out;
	if (!signal_pending(current))
		goto retry;			/* woken by somebody else, for something else */
	ret = -ERESTARTSYS;
	if (abs_time) {
		struct restart_block *restart = &current->restart_block;

		restart->futex.uaddr = uaddr;
		restart->futex.val = val;
		restart->futex.flags = flags;
		restart->futex.bitset = bitset;
		restart->futex.time = (u64)*abs_time;
		ret = (int)set_restart_fn(restart, futex_wait_restart);
	}
out:
	if (abs_time) {
		hrtimer_cancel(&to.timer);
		destroy_hrtimer_on_stack(&to.timer);
	}
	return ret;
}

static long futex_wait_restart(struct restart_block *restart)
{
	ktime_t until = (ktime_t)restart->futex.time;

	return futex_wait(restart->futex.uaddr, restart->futex.flags, restart->futex.val, &until, restart->futex.bitset);
}

/* ---- two words at once ----------------------------------------------------------------------------------------------- */

/*
 * Wake some who wait for the first word and make others wait for the second instead: a broadcast need not wake all for the one lock that
 * they then need. @cmpval: only if the first word is still that; NULL: in any case.
 */
static int futex_requeue(u32 __user *uaddr1, unsigned int flags, u32 __user *uaddr2, int nr_wake, int nr_requeue, const u32 *cmpval)
{
	struct futex_key key1, key2;
	struct futex_bucket *hb1, *hb2;
	struct futex_q *q, *next;
	DEFINE_WAKE_Q(wake_q);
	int ret, n = 0;
	u32 cur;

	if (nr_wake < 0 || nr_requeue < 0)
		return -EINVAL;
retry:
	ret = get_futex_key(uaddr1, flags, &key1);
	if (!ret)
		ret = get_futex_key(uaddr2, flags, &key2);
	if (ret)
		return ret;
	hb1 = hash_futex(&key1);
	hb2 = hash_futex(&key2);
	atomic_inc(&hb2->waiters);		/* about to be: so that no waker of the second word overlooks them */
	double_lock_hb(hb1, hb2);
	if (cmpval) {
		if (get_futex_value_locked(&cur, uaddr1)) {
			double_unlock_hb(hb1, hb2);
			atomic_dec(&hb2->waiters);
			if (get_user(cur, uaddr1))
				return -EFAULT;
			goto retry;
		}
		if (cur != *cmpval) {
			ret = -EAGAIN;
			goto unlock;
		}
	}
	list_for_each_entry_safe(q, next, &hb1->queue, list) {
		if (n - nr_wake >= nr_requeue)
			break;
		if (!match_futex(&q->key, &key1))
			continue;
		if (++n <= nr_wake) {
			mark_wake_futex(&wake_q, q);
			continue;
		}
		q->key = key2;
		if (hb1 != hb2) {
			list_move_tail(&q->list, &hb2->queue);
			atomic_dec(&hb1->waiters);
			atomic_inc(&hb2->waiters);
			q->lock_ptr = &hb2->lock;
		}
	}
	ret = n;
unlock:
	double_unlock_hb(hb1, hb2);
	atomic_dec(&hb2->waiters);
	wake_up_q(&wake_q);
	return ret;
}

/* Change the second word as @encoded says; wake those of the first, and if the second's old value compares as it says, of that too. */
static int futex_wake_op(u32 __user *uaddr1, unsigned int flags, u32 __user *uaddr2, int nr_wake, int nr_wake2, unsigned int encoded)
{
	int op = encoded >> 28 & 7, cmp = encoded >> 24 & 15, oparg = (int)(encoded << 8) >> 20, cmparg = (int)(encoded << 20) >> 20;
	struct futex_key key1, key2;
	struct futex_bucket *hb1, *hb2;
	DEFINE_WAKE_Q(wake_q);
	int ret, old;
	bool both;

	if (encoded >> 28 & FUTEX_OP_OPARG_SHIFT)
		oparg = 1 << (oparg & 31);
	if (op > FUTEX_OP_XOR || cmp > FUTEX_OP_CMP_GE)
		return -ENOSYS;
retry:
	ret = get_futex_key(uaddr1, flags, &key1);
	if (!ret)
		ret = get_futex_key(uaddr2, flags, &key2);
	if (ret)
		return ret;
	hb1 = hash_futex(&key1);
	hb2 = hash_futex(&key2);
	double_lock_hb(hb1, hb2);
	ret = arch_futex_atomic_op_inuser(op, oparg, &old, uaddr2);
	if (ret) {
		double_unlock_hb(hb1, hb2);
		ret = ret == -EFAULT ? fault_in_user_writeable(uaddr2) : ret;
		if (ret)
			return ret;
		goto retry;
	}
	ret = wake_matching(hb1, &key1, nr_wake, FUTEX_BITSET_MATCH_ANY, &wake_q);
	both = cmp == FUTEX_OP_CMP_EQ ? old == cmparg : cmp == FUTEX_OP_CMP_NE ? old != cmparg :
	       cmp == FUTEX_OP_CMP_LT ? old < cmparg : cmp == FUTEX_OP_CMP_LE ? old <= cmparg :
	       cmp == FUTEX_OP_CMP_GT ? old > cmparg : old >= cmparg;
	if (both)
		ret += wake_matching(hb2, &key2, nr_wake2, FUTEX_BITSET_MATCH_ANY, &wake_q);
	double_unlock_hb(hb1, hb2);
	wake_up_q(&wake_q);
	return ret;
}

/* ---- the end of a thread ---------------------------------------------------------------------------------------------- */

/* @uaddr, a lock's word, may name current as the holder: say that he is dead, and let one of the waiters see to it. */
static int handle_futex_death(u32 __user *uaddr, bool pending)
{
	u32 uval, found, new;

	if ((unsigned long)uaddr % sizeof(*uaddr))
		return -EFAULT;
	if (get_user(uval, uaddr))
		return -EFAULT;
	for (;; uval = found) {
		/* Died between the release in user mode and the wakeup that was to follow: do that. */
		if (pending && !uval) {
			futex_wake(uaddr, FLAGS_SHARED, 1, FUTEX_BITSET_MATCH_ANY);
			return 0;
		}
		if ((uval & FUTEX_TID_MASK) != (u32)current->pid)
			return 0;
		new = (uval & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		if (futex_atomic_cmpxchg_inatomic(&found, uaddr, uval, new))
			return -EFAULT;
		if (found == uval)
			break;
	}
	if (uval & FUTEX_WAITERS)
		futex_wake(uaddr, FLAGS_SHARED, 1, FUTEX_BITSET_MATCH_ANY);
	return 0;
}

/* Bit 0 of a link marks a priority-inheritance lock. */
static struct robust_list __user *entry_of(const struct robust_list *link)
{
	return (struct robust_list *)((unsigned long)link & ~1UL);
}

static void exit_robust_list(struct task_struct *p)
{
	struct robust_list_head __user *head = p->robust_list;
	struct robust_list *link, *pending, *next;
	int left = ROBUST_LIST_LIMIT;
	long offset;
	bool failed;

	if (get_user(link, &head->list.next) || get_user(offset, &head->futex_offset) || get_user(pending, &head->list_op_pending))
		return;
	for (; entry_of(link) != &head->list; link = next) {
		/* The next one before this one is released: its new owner may put it elsewhere at once. */
		failed = get_user(next, &entry_of(link)->next);
		/* One that is just being taken or released may be on the list as well; it has its turn below. */
		if (entry_of(link) != entry_of(pending) && handle_futex_death((u32 *)((char *)entry_of(link) + offset), false))
			return;
		if (failed)
			return;
		if (!--left)
			break;
	}
	if (entry_of(pending))
		handle_futex_death((u32 *)((char *)entry_of(pending) + offset), true);
}

void futex_exit_release(struct task_struct *p)
{
	if (unlikely(p->robust_list)) {
		exit_robust_list(p);
		p->robust_list = NULL;
	}
}

void futex_wake_exited(int __user *tid)
{
	futex_wake((u32 *)tid, FLAGS_SHARED, 1, FUTEX_BITSET_MATCH_ANY);
}

/* ---- system calls ------------------------------------------------------------------------------------------------------ */

SYSCALL_DEFINE6(futex, u32 __user *, uaddr, int, op, u32, val, const struct __kernel_timespec __user *, utime, u32 __user *, uaddr2, u32, val3)
{
	unsigned int flags = (op & FUTEX_PRIVATE_FLAG) ? 0 : FLAGS_SHARED;
	int cmd = op & FUTEX_CMD_MASK, val2 = (int)(long)utime;
	ktime_t until = 0, *timeout = NULL;
	struct __kernel_timespec ts;

	if (op & FUTEX_CLOCK_REALTIME) {
		flags |= FLAGS_CLOCKRT;
		if (cmd != FUTEX_WAIT && cmd != FUTEX_WAIT_BITSET)
			return -ENOSYS;
	}
	if (utime && (cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET)) {
		struct timespec64 t;

		if (copy_from_user(&ts, utime, sizeof(ts)))
			return -EFAULT;
		t = (struct timespec64){ .tv_sec = ts.tv_sec, .tv_nsec = ts.tv_nsec };
		if (!timespec64_valid(&t))
			return -EINVAL;
		until = timespec64_to_ktime(t);
		if (cmd == FUTEX_WAIT)		/* a span, not a moment */
			until = ktime_add_safe((flags & FLAGS_CLOCKRT) ? ktime_get_real() : ktime_get(), until);
		timeout = &until;
	}
	switch (cmd) {
	case FUTEX_WAIT:
		val3 = FUTEX_BITSET_MATCH_ANY;
		fallthrough;
	case FUTEX_WAIT_BITSET:
		return futex_wait(uaddr, flags, val, timeout, val3);
	case FUTEX_WAKE:
		val3 = FUTEX_BITSET_MATCH_ANY;
		fallthrough;
	case FUTEX_WAKE_BITSET:
		return futex_wake(uaddr, flags, val, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(uaddr, flags, uaddr2, val, val2, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(uaddr, flags, uaddr2, val, val2, &val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(uaddr, flags, uaddr2, val, val2, val3);
	}
	return -ENOSYS;
}

SYSCALL_DEFINE2(set_robust_list, struct robust_list_head __user *, head, size_t, len)
{
	if (len != sizeof(*head))
		return -EINVAL;
	current->robust_list = head;
	return 0;
}

SYSCALL_DEFINE3(get_robust_list, int, pid, struct robust_list_head __user **, head_ptr, size_t __user *, len_ptr)
{
	struct task_struct *p = pid ? find_get_task_by_vpid(pid) : get_task_struct(current);
	struct robust_list_head *head;
	int err = 0;

	if (!p)
		return -ESRCH;
	if (!same_thread_group(p, current) && !capable(CAP_SYS_PTRACE))
		err = -EPERM;
	head = p->robust_list;
	put_task_struct(p);
	if (err)
		return err;
	if (put_user(sizeof(*head), len_ptr))
		return -EFAULT;
	return put_user(head, head_ptr);
}

static int __init futex_init(void)
{
	unsigned int n = roundup_pow_of_two(64 * num_possible_cpus());

	futex_hash_bits = ilog2(n);
	futex_queues = kvmalloc_array(n, sizeof(*futex_queues), GFP_KERNEL);
	BUG_ON(!futex_queues);
	for (unsigned int i = 0; i < n; i++) {
		spin_lock_init(&futex_queues[i].lock, LOCK_RANK_FUTEX);
		atomic_set(&futex_queues[i].waiters, 0);
		INIT_LIST_HEAD(&futex_queues[i].queue);
	}
	return 0;
}
core_initcall(futex_init);
