/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/version.h - what the kernel calls itself.
 *
 * uname(2) says "Linux" and a Linux release: programs decide by it what they may call, and the C library refuses to start on one
 * that is too old. UTS_RELEASE is the version whose interfaces are kept.
 */
#ifndef PRIMER_VERSION_H
#define PRIMER_VERSION_H

#define UTS_SYSNAME	"Linux"
#define UTS_RELEASE	"5.10.0-primer"
#ifdef CONFIG_DEBUG
#define UTS_VERSION	"#1 SMP PREEMPT DEBUG"
#else
#define UTS_VERSION	"#1 SMP PREEMPT"
#endif
#define UTS_MACHINE	"x86_64"

/* The first line of the log. */
extern const char linux_banner[];

#endif
