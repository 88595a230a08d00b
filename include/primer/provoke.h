/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/provoke.h - faults on request. */
#ifndef PRIMER_PROVOKE_H
#define PRIMER_PROVOKE_H

#include <primer/compiler.h>

/*
 * provoke - commit the fault @name (PANIC, WRITE_RO, ...); an unknown one lists those that exist and returns
 * provoke_from_cmdline - those that provoke= names, if any, with commas between them. PID 1 calls it once the rights of the
 *	kernel's pages are final and init memory is gone, before it becomes a program.
 *
 * Any report ends in a panic afterwards, also a warning; so does a fault that nothing stopped. After a leak of the preempt count
 * (SCHEDULE_ATOMIC, *_LEAK) both return, and the boot goes on. Context: task; may sleep.
 */
void provoke(const char *name);
void provoke_from_cmdline(void);

#ifdef CONFIG_DEBUG
/* provoked_leak - what the next system call shall do wrong before it returns, or NULL. [set by provoke() in PID 1, which also takes it] */
extern void (*provoked_leak)(void);
#endif

#endif
