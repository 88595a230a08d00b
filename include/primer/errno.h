/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/errno.h - the ABI's error numbers, and those that never leave the kernel.
 *
 * A number of 512 or more is a message from a system call to the code that returns to user mode: it is turned into
 * -EINTR or into a restart of the call, and no program ever sees it. They stay below MAX_ERRNO, so ERR_PTR carries
 * them.
 */
#ifndef PRIMER_ERRNO_H
#define PRIMER_ERRNO_H

#include <uapi/errno.h>

#define ERESTARTSYS		512	/* restart unless the handler was installed without SA_RESTART */
#define ERESTARTNOINTR		513	/* always restart */
#define ERESTARTNOHAND		514	/* restart if no handler ran, else -EINTR */
#define ENOIOCTLCMD		515	/* this layer does not know the ioctl: becomes -ENOTTY */
#define ERESTART_RESTARTBLOCK	516	/* restart through restart_syscall() with the saved remainder */
#define EPROBE_DEFER		517	/* a driver asks to be probed again later */
#define EOPENSTALE		518
#define ENOPARAM		519	/* a parameter parser does not know the name */
#define ENOTSUPP		524	/* an inner interface refuses; callers make it -EOPNOTSUPP */

#endif
