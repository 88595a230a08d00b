/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/entry/entry.h - what the files of this room share; private to it. */
#ifndef KERNEL_ENTRY_H
#define KERNEL_ENTRY_H

struct pt_regs;

/* common.c: has the system call in @regs, whose result is there, given back all it took? Context: task, interrupts on. DEBUG builds. */
void syscall_exit_check(struct pt_regs *regs);

/* syscall_trace.c: the system call in @regs, with its trace events. Context: task. */
void do_syscall_traced(struct pt_regs *regs);

/* signal_frame.c: act on one pending signal: a frame for its handler, the end of the process, or nothing. Context: task. */
void do_signal(struct pt_regs *regs);

#endif
