/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/process.h - the end of processes, and what the rest of the kernel may ask of kernel/process. */
#ifndef PRIMER_PROCESS_H
#define PRIMER_PROCESS_H

#include <primer/compiler.h>
#include <primer/types.h>
#include <uapi/resource.h>

struct task_struct;

/*
 * do_exit - current ends; @code is a wait status: exit code << 8, or the signal that killed it
 * do_group_exit - the whole process ends: every other thread gets SIGKILL
 *
 * The end of PID 1 is the end of the machine: through debugexit= if that is given, else a panic. Context: task, no
 * locks held.
 */
void do_exit(long code) __noreturn;
void do_group_exit(int code) __noreturn;

/*
 * kernel_execve - execve from the kernel, for PID 1: all strings in kernel memory
 *
 * 0: current, a kernel thread until now, runs the program when it returns from its function. Or -errno: nothing has
 * changed, unless the old program was gone already; then a fatal signal waits.
 */
int kernel_execve(const char *filename, const char *const *argv, const char *const *envp);

/* release_task - a dead task that nobody waits for any more disappears: tree, PID, signals, the tree's reference. */
void release_task(struct task_struct *p);

/* getrusage - what @p has used; @who: RUSAGE_* or USAGE_BOTH (it and its waited-for children). Context: task. */
#define USAGE_BOTH	(-2)
void getrusage(struct task_struct *p, int who, struct rusage *ru);

/*
 * kernel_restart, kernel_halt, kernel_power_off - end the machine in an orderly way
 *
 * kernel_power_off counts as success for debugexit=. Without pm_power_off (panic.h), lent by a driver, it halts.
 */
void kernel_restart(const char *cmd) __noreturn;
void kernel_halt(void) __noreturn;
void kernel_power_off(void) __noreturn;

#endif
