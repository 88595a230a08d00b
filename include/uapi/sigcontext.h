/* SPDX-License-Identifier: GPL-2.0-only */
/* include/uapi/sigcontext.h - what a signal handler finds on its stack (System V ABI, AMD64; Linux uapi/asm/sigcontext.h). */
#ifndef UAPI_SIGCONTEXT_H
#define UAPI_SIGCONTEXT_H

#include <uapi/signal.h>

/* The interrupted registers. */
struct sigcontext {
	unsigned long r8, r9, r10, r11, r12, r13, r14, r15;
	unsigned long di, si, bp, bx, dx, ax, cx, sp, ip;
	unsigned long flags;
	unsigned short cs, gs, fs, ss;
	unsigned long err, trapno, oldmask, cr2;
	void *fpstate;			/* user address: FXSAVE or XSAVE area, 64-byte aligned; NULL: none */
	unsigned long reserved1[8];
};

#define UC_FP_XSTATE		0x1	/* fpstate has more than FXSAVE's 512 bytes */
#define UC_SIGCONTEXT_SS	0x2	/* ss is saved */
#define UC_STRICT_RESTORE_SS	0x4	/* and restored as it is */

struct ucontext {
	unsigned long uc_flags;
	struct ucontext *uc_link;
	stack_t uc_stack;
	struct sigcontext uc_mcontext;
	sigset_t uc_sigmask;
};

/* In the 48 bytes that FXSAVE leaves to software: says that an XSAVE area follows. */
#define FP_XSTATE_MAGIC1	0x46505853U
#define FP_XSTATE_MAGIC2	0x46505845U
struct fpx_sw_bytes {
	unsigned int magic1;
	unsigned int extended_size;	/* of the area with magic2 behind it */
	unsigned long xfeatures;
	unsigned int xstate_size;	/* of the area */
	unsigned int padding[7];
};

#endif
