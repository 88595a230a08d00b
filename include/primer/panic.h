/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/panic.h - the end of the machine, and the marks left by what nearly ended it. */
#ifndef PRIMER_PANIC_H
#define PRIMER_PANIC_H

#include <stdarg.h>

#include <primer/compiler.h>
#include <primer/types.h>

struct pt_regs;

/*
 * panic - say why, with a backtrace, stop the other CPUs, and never return
 *
 * What follows the message is the choice of the command line: debugexit=PORT ends QEMU with status 37, panic=-1
 * restarts at once, panic=N after N seconds; otherwise the machine stands still. A second CPU that panics meanwhile
 * stops silently; a panic inside panic() skips what may have failed.
 *
 * Context: any, NMI included; any locks held.
 */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn __cold;

/* nmi_panic - panic() from an NMI handler: on a CPU that is already in panic() it just goes on. */
void nmi_panic(struct pt_regs *regs, const char *msg);

extern int panic_timeout;		/* panic=: seconds until the restart; 0 never, negative at once */
extern int panic_on_oops;		/* oops=panic */
extern int panic_on_warn;		/* panic_on_warn */
extern atomic_t panic_cpu;		/* the CPU inside panic(), or PANIC_CPU_INVALID */
#define PANIC_CPU_INVALID	-1

/*
 * What higher rooms lend to panic(). Each may be NULL. [written once at boot]
 *
 * panic_stop_cpus_hook: stop every other CPU, without waiting for ever. Context: interrupts off.
 * machine_restart_hook: restart by the best means known (ACPI); returns when it failed.
 * pm_power_off: switch the power off, when an orderly end asks for it; returns when it failed. Context: task,
 *	interrupts off, the other CPUs stopped.
 */
extern void (*panic_stop_cpus_hook)(void);
extern void (*machine_restart_hook)(void);
extern void (*pm_power_off)(void);

/* dump_stack_hook: what dump_stack() does, lent by kernel/trace; until then dump_stack() only names its caller. */
extern void (*dump_stack_hook)(const char *log_lvl);

/* emergency_restart - restart now, flushing nothing: the hook, then the keyboard controller, then a triple fault. */
void emergency_restart(void) __noreturn;

/*
 * debug_exit - end QEMU with status (code << 1) | 1 through its isa-debug-exit device, if debugexit=PORT named one
 *
 * Returns when there is none. Call it when the log is flushed.
 */
#define DEBUG_EXIT_PASS		0x10	/* PID 1 ended with 0, or every test passed: status 33 */
#define DEBUG_EXIT_FAIL		0x11	/* PID 1 ended otherwise, or a test failed: status 35 */
#define DEBUG_EXIT_PANIC	0x12	/* status 37 */
void debug_exit(u8 code);
bool debug_exit_configured(void);

/*
 * printk_abandon - let go of what this CPU holds of the log, because the code that held it will not go on. Context:
 * oops.
 */
void printk_abandon(void);

/*
 * Taint: what happened to this kernel that makes later reports doubtful. Bits and letters are Linux's.
 */
#define TAINT_MACHINE_CHECK	4	/* M */
#define TAINT_BAD_PAGE		5	/* B */
#define TAINT_USER		6	/* U */
#define TAINT_DIE		7	/* D: an oops or BUG happened */
#define TAINT_WARN		9	/* W: a WARN happened */
#define TAINT_SOFTLOCKUP	14	/* L */
#define TAINT_TEST		18	/* N: in-kernel tests ran */
#define TAINT_FLAGS_COUNT	19

void add_taint(unsigned int flag);
unsigned long get_taint(void);

/*
 * print_tainted - "Not tainted", or "Tainted: " and a letter for each flag. The text is static and the same for all
 * callers.
 */
const char *print_tainted(void);

/*
 * oops_in_progress - more than 0 while a report is being written: consoles then take no lock that the victim may hold.
 */
extern int oops_in_progress;
void bust_spinlocks(int yes);

#endif
