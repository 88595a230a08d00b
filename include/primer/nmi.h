/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/nmi.h - the watchdogs that look for CPUs that hang, and stacks of CPUs on request.
 *
 * The theory is in kernel/debug/watchdog.c and nmi_backtrace.c.
 */
#ifndef PRIMER_NMI_H
#define PRIMER_NMI_H

#include <primer/types.h>

/*
 * touch_softlockup_watchdog - this CPU has a good reason to keep tasks from running: count from here. touch_nmi_watchdog -
 * the same, and for having interrupts off. touch_all_softlockup_watchdogs: for all CPUs. Context: any.
 */
void touch_softlockup_watchdog(void);
void touch_nmi_watchdog(void);
void touch_all_softlockup_watchdogs(void);

/*
 * trigger_single_cpu_backtrace - @cpu prints its registers and stack, whatever it is doing; false: it cannot be asked, or did
 * not answer within ten seconds. trigger_all_cpu_backtrace: every online CPU, this one too. Context: any, no lock that printing takes.
 */
bool trigger_single_cpu_backtrace(unsigned int cpu);
void trigger_all_cpu_backtrace(void);

/* Zero: off. [sysctl: one word each] */
extern int sysctl_hung_task_panic, softlockup_panic, hardlockup_panic;

#endif
