/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/restart_block.h - how an interrupted system call goes on when its arguments no longer say.
 *
 * A sleep "for 5 s" that a signal interrupts after 2 must not begin again with 5. The call notes here what is left to do
 * and returns -ERESTART_RESTARTBLOCK; when no handler runs, the program calls restart_syscall(2) instead, which calls fn.
 */
#ifndef PRIMER_RESTART_BLOCK_H
#define PRIMER_RESTART_BLOCK_H

#include <primer/compiler.h>
#include <primer/types.h>

struct __kernel_timespec;
struct pollfd;

/* [o] in struct task_struct */
struct restart_block {
	long (*fn)(struct restart_block *);
	union {
		struct {
			u32 __user *uaddr, *uaddr2;
			u32 val, flags, bitset;
			u64 time;
		} futex;
		struct {
			int clockid;
			struct __kernel_timespec __user *rmtp;	/* NULL: does not want to know what is left */
			u64 expires;
		} nanosleep;
		struct {
			struct pollfd __user *ufds;
			int nfds, has_timeout;
			unsigned long tv_sec, tv_nsec;
		} poll;
	};
};

/* do_no_restart_syscall - fn when there is nothing to go on with: -EINTR. set_restart_fn - note @fn; the value to return. */
long do_no_restart_syscall(struct restart_block *restart);
long set_restart_fn(struct restart_block *restart, long (*fn)(struct restart_block *));

#endif
