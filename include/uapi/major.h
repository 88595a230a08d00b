/* SPDX-License-Identifier: GPL-2.0-only */
/* include/uapi/major.h - the major numbers of devices. */
#ifndef UAPI_MAJOR_H
#define UAPI_MAJOR_H

#define MEM_MAJOR	1	/* null 3, zero 5, full 7, random 8, urandom 9, kmsg 11 */
#define TTY_MAJOR	4	/* tty0..63: 0..63; ttyS0...: 64... */
#define TTYAUX_MAJOR	5	/* tty 0, console 1, ptmx 2 */
#define MISC_MAJOR	10

#endif
