/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/debug/provoke_internal.h - faults that stand in files of their own. Each commits its fault and may return. */
#ifndef KERNEL_DEBUG_PROVOKE_INTERNAL_H
#define KERNEL_DEBUG_PROVOKE_INTERNAL_H

/* provoke_heap.c */
void provoke_OVERWRITE_ALLOCATION(void);
void provoke_SLAB_LINEAR_OVERFLOW(void);
void provoke_VMALLOC_LINEAR_OVERFLOW(void);
void provoke_STACK_LINEAR_OVERFLOW(void);
void provoke_WRITE_AFTER_FREE(void);
void provoke_READ_AFTER_FREE(void);
void provoke_WRITE_BUDDY_AFTER_FREE(void);
void provoke_READ_BUDDY_AFTER_FREE(void);
void provoke_SLAB_FREE_DOUBLE(void);
void provoke_SLAB_FREE_CROSS(void);
void provoke_SLAB_FREE_PAGE(void);
void provoke_ARRAY_BOUNDS(void);
void provoke_SHIFT_OUT_OF_BOUNDS(void);

/* provoke_lockup.c */
void provoke_SOFTLOCKUP(void);
void provoke_HARDLOCKUP(void);
void provoke_SPINLOCKUP(void);
void provoke_HUNG_TASK(void);
void provoke_RCU_STALL(void);
void provoke_RCU_EXP_STALL(void);

/* provoke_leak.c: reported, and the machine goes on. */
void provoke_SCHEDULE_ATOMIC(void);
void provoke_SOFTIRQ_LEAK(void);
void provoke_WORK_LEAK(void);
void provoke_TIMER_LEAK(void);

#ifdef CONFIG_DEBUG
/* provoke_syscall.c: these return; what they planted shows in the first system call. */
void provoke_SYSCALL_LEAK_PREEMPT(void);
void provoke_SYSCALL_LEAK_IRQS(void);
void provoke_SYSCALL_LEAK_LOCK(void);
#endif

#endif
