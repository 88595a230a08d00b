/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/oom.h - when no memory is left: who has to die. The theory is in mm/vm/oom_kill.c.
 */
#ifndef PRIMER_OOM_H
#define PRIMER_OOM_H

#include <primer/types.h>

struct mm_struct;
struct task_struct;

/* /proc/PID/oom_score_adj: thousandths of all memory that a process is said to have more (or less) than it has. */
#define OOM_SCORE_ADJ_MIN	(-1000)		/* never killed */
#define OOM_SCORE_ADJ_MAX	1000
/* /proc/PID/oom_adj: the same in the steps of an older interface. */
#define OOM_DISABLE		(-17)
#define OOM_ADJUST_MIN		(-16)
#define OOM_ADJUST_MAX		15

/* mm->oom_flags */
#define MMF_OOM_VICTIM		0	/* its processes are being killed */
#define MMF_UNSTABLE		1	/* pages were taken away: what is missing is not zero, but lost */
#define MMF_OOM_SKIP		2	/* nothing more comes of it: another one may be killed */

/* sysctl vm.panic_on_oom, vm.oom_kill_allocating_task, vm.oom_dump_tasks */
extern int sysctl_panic_on_oom, sysctl_oom_kill_allocating_task, sysctl_oom_dump_tasks;

/*
 * oom_badness - how much would be won by killing @p, pages; LONG_MIN: it must not be killed
 * @totalpages: all memory there is. Context: task; tasklist_lock, or a reference to @p, held.
 */
long oom_badness(struct task_struct *p, unsigned long totalpages);

/*
 * pagefault_out_of_memory - a fault from user mode could not be served for want of memory
 *
 * Somebody, perhaps current, is killed, or memory can be had again: the caller returns to user mode, and the access
 * comes again. Panics when nobody may be killed. Context: task, no lock held; may sleep.
 */
void pagefault_out_of_memory(void);

/* oom_mm_released - @mm, which has oom_flags, has no pages any more: from the last mmput(). */
void oom_mm_released(struct mm_struct *mm);

#endif
