/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/process/internal.h - what the files of this room share, and nobody else needs. */
#ifndef KERNEL_PROCESS_INTERNAL_H
#define KERNEL_PROCESS_INTERNAL_H

#include <primer/types.h>

struct mm_struct;
struct rlimit;
struct task_struct;

/*
 * mm_release - @p stops using @mm, by exec or exit: the C library's word is cleared and its futex woken
 * (CLONE_CHILD_CLEARTID), and a parent that waits in vfork() goes on. @mm is still current's; NULL for kernel threads.
 */
void mm_release(struct task_struct *p, struct mm_struct *mm);

/*
 * futex_exit_release - @p (current) is leaving its address space: the locks on its robust list are marked as their owner's who died
 * futex_wake_exited - the word at the user address @tid was cleared: wake one who waits for it. May sleep, both.
 */
void futex_exit_release(struct task_struct *p);
void futex_wake_exited(int __user *tid);

/*
 * de_thread - end every other thread of current's process, and make current its leader, for execve
 *
 * Returns 0; -EAGAIN when current is itself about to be killed; -ENOMEM. May sleep.
 */
int de_thread(void);

#endif
