/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/ptrace.h - struct pt_regs: what the entry code leaves on the stack, in Linux's order.
 *
 * The last five words are pushed by the CPU on an interrupt (Intel SDM vol. 3, 6.14) or by the system call entry; orig_ax
 * is the error code of an exception, the vector of an interrupt, or the system call number.
 */
#ifndef ASM_PTRACE_H
#define ASM_PTRACE_H

#include <primer/types.h>

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;	/* a C function preserves these */
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax;
	unsigned long ip, cs, flags, sp, ss;
};

static inline bool user_mode(const struct pt_regs *regs)	{ return regs->cs & 3; }

#endif
