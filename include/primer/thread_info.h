/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/thread_info.h - what the entry code must know of a task, first in task_struct so that it is one load away.
 *
 * Anyone may set a flag of any task (atomically); the task itself clears it and acts on it on its way out of the kernel.
 */
#ifndef PRIMER_THREAD_INFO_H
#define PRIMER_THREAD_INFO_H

#define TIF_SIGPENDING		2	/* a signal waits for delivery */
#define TIF_NEED_RESCHED	3	/* somebody better wants the CPU */
#define TIF_NOTIFY_RESUME	1	/* run callbacks before returning to user mode */
#define TIF_NEED_FPU_LOAD	14	/* the CPU's FPU registers are not this task's */
#define TIF_MEMDIE		20	/* dies to free its memory: may take half of the reserve meanwhile */
#define TIF_POLLING_NRFLAG	21	/* idle and looking at TIF_NEED_RESCHED: no interrupt needed to wake it */

#define _TIF_NOTIFY_RESUME	(1U << TIF_NOTIFY_RESUME)
#define _TIF_SIGPENDING		(1U << TIF_SIGPENDING)
#define _TIF_NEED_RESCHED	(1U << TIF_NEED_RESCHED)
#define _TIF_NEED_FPU_LOAD	(1U << TIF_NEED_FPU_LOAD)

/* What has to be done before a return to user mode. */
#define _TIF_EXIT_WORK		(_TIF_SIGPENDING | _TIF_NEED_RESCHED | _TIF_NOTIFY_RESUME | _TIF_NEED_FPU_LOAD)

#ifndef __ASSEMBLY__
#include <primer/bitops.h>

struct thread_info {
	unsigned long flags;		/* atomic: TIF_* */
	unsigned int status;		/* owner only: TS_* */
	unsigned int cpu;		/* [rq lock] the CPU whose run queue the task belongs to */
};

static __always_inline void set_ti_thread_flag(struct thread_info *ti, int flag)	{ set_bit(flag, &ti->flags); }
static __always_inline void clear_ti_thread_flag(struct thread_info *ti, int flag)	{ clear_bit(flag, &ti->flags); }
static __always_inline bool test_ti_thread_flag(const struct thread_info *ti, int flag)	{ return test_bit(flag, &ti->flags); }

#define current_thread_info()		((struct thread_info *)current)
#define set_thread_flag(flag)		set_ti_thread_flag(current_thread_info(), flag)
#define clear_thread_flag(flag)		clear_ti_thread_flag(current_thread_info(), flag)
#define test_thread_flag(flag)		test_ti_thread_flag(current_thread_info(), flag)
#define need_resched()			unlikely(test_thread_flag(TIF_NEED_RESCHED))
#endif

#endif
