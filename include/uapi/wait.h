/* SPDX-License-Identifier: GPL-2.0-only */
/* include/uapi/wait.h - options of wait4 and waitid, and how a child's end is written in one word. */
#ifndef UAPI_WAIT_H
#define UAPI_WAIT_H

#define WNOHANG		0x00000001
#define WUNTRACED	0x00000002
#define WSTOPPED	WUNTRACED
#define WEXITED		0x00000004
#define WCONTINUED	0x00000008
#define WNOWAIT		0x01000000	/* leave the child as it is */
#define __WNOTHREAD	0x20000000	/* not children of other threads of the group */
#define __WALL		0x40000000	/* children of every kind */
#define __WCLONE	0x80000000	/* only those that do not send SIGCHLD */

#define P_ALL		0
#define P_PID		1
#define P_PGID		2
#define P_PIDFD		3

/*
 * The status word:	exited		exit code << 8
 *			killed		signal, 0x80 added if it dumped core
 *			stopped		signal << 8 | 0x7f
 *			continued	0xffff
 */
#define W_EXITCODE(ret, sig)	((ret) << 8 | (sig))
#define W_STOPCODE(sig)		((sig) << 8 | 0x7f)

#endif
