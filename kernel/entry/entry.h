/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/entry/entry.h - what the files of this room share; private to it. */
#ifndef KERNEL_ENTRY_H
#define KERNEL_ENTRY_H

struct pt_regs;

/* signal_frame.c: act on one pending signal: a frame for its handler, the end of the process, or nothing. Context: task. */
void do_signal(struct pt_regs *regs);

#endif
