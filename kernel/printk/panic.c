/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/printk/panic.c - what to do when nothing can be done any more.
 *
 * The problem. panic() is called with anything in any state: locks held, interrupts on or off, in an NMI, on a second
 * CPU at the same time, before there is a console, or by code that panic() itself has called. It has one task, that
 * the reason can be read, and must not fail at it.
 *
 * The order, each step trusting less than the one before has broken:
 *
 *	interrupts off, preemption off
 *	let go of what this CPU held of the log
 *	be the one: panic_cpu = this CPU	another CPU that loses waits to be stopped
 *	"Kernel panic - not syncing: why"	into the log, and to the consoles if they are free
 *	backtrace				unless an oops has just printed one
 *	stop the other CPUs			now nobody holds anything: take the console lock by force
 *	print what is pending
 *	end: debugexit= | panic= | stand still
 *
 * A panic inside panic() on the same CPU arrives here with panic_cpu set to itself, and jumps to the last two steps.
 *
 * Also here: taint, the memory of what went wrong before; and __stack_chk_fail, which the compiler calls.
 *
 * Linux runs notifier chains, kexec and kmsg_dump in between, blinks the keyboard and returns control to a debugger.
 */
#include <primer/atomic.h>
#include <primer/bug.h>
#include <primer/console.h>
#include <primer/errno.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/kstrtox.h>
#include <primer/panic.h>
#include <primer/preempt.h>
#include <primer/smp.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <asm/io.h>
#include <asm/irqflags.h>
#include <asm/tsc.h>
#include "internal.h"

int panic_timeout;
int panic_on_oops;
int panic_on_warn;
int oops_in_progress;				/* changed by the CPU that reports, under the report's own exclusion */
atomic_t panic_cpu = ATOMIC_INIT(PANIC_CPU_INVALID);

void (*panic_stop_cpus_hook)(void);
void (*machine_restart_hook)(void);
void (*pm_power_off)(void);
void (*dump_stack_hook)(const char *log_lvl);

static u16 debug_exit_port;			/* debugexit=; 0: none [boot] */
static unsigned long tainted_mask;		/* atomic: bits are only set */

void __stack_chk_fail(void) __noreturn;

/*
 * ---- taint
 * ------------------------------------------------------------------------------------------------------------
 */

/* Letter when set, letter when not, by bit: Linux's table. */
static const char taint_letters[TAINT_FLAGS_COUNT][2] = {
	"PG", "F ", "S ", "R ", "M ", "B ", "U ", "D ", "A ", "W ",
	"C ", "I ", "O ", "E ", "L ", "K ", "X ", "T ", "N ",
};

void add_taint(unsigned int flag)
{
	__atomic_fetch_or(&tainted_mask, 1UL << flag, __ATOMIC_RELAXED);
}

unsigned long get_taint(void)
{
	return READ_ONCE(tainted_mask);
}

const char *print_tainted(void)
{
	/* Whoever writes it writes the same, but for bits that were just set. */
	static char buf[sizeof("Tainted: ") + TAINT_FLAGS_COUNT];
	unsigned long mask = get_taint();
	unsigned int i;
	char *s;

	if (!mask)
		return "Not tainted";
	s = stpcpy(buf, "Tainted: ");
	for (i = 0; i < TAINT_FLAGS_COUNT; i++)
		*s++ = taint_letters[i][mask >> i & 1 ? 0 : 1];
	*s = '\0';
	return buf;
}

/*
 * ---- who called
 * -------------------------------------------------------------------------------------------------------
 */

void dump_stack_lvl(const char *log_lvl)
{
	if (dump_stack_hook)
		dump_stack_hook(log_lvl);
	else
		printk("%sCalled from %pS\n", log_lvl, __builtin_return_address(0));
}

void dump_stack(void)
{
	dump_stack_lvl(KERN_DEFAULT);
}

void bust_spinlocks(int yes)
{
	if (yes) {
		oops_in_progress++;
		console_verbose();
		console_emergency();
	} else if (!--oops_in_progress) {
		console_flush_pending();
	}
}

/*
 * ---- leaving
 * ----------------------------------------------------------------------------------------------------------
 */

bool debug_exit_configured(void)
{
	return debug_exit_port;
}

void debug_exit(u8 code)
{
	if (!debug_exit_port)
		return;
	outb(code, debug_exit_port);
	/* The device stops QEMU before the next instruction; getting here means that it is not there. */
	pr_warn_once("debugexit: nothing answers at port %#x\n", debug_exit_port);
}

void emergency_restart(void)
{
	struct { u16 size; u64 base; } __packed no_idt = { 0, 0 };
	unsigned int i;

	local_irq_disable();
	if (machine_restart_hook)
		machine_restart_hook();
	/*
	 * The keyboard controller's output line 0 is the CPU's reset; command 0xfe pulses it. Its input buffer must be
	 * empty.
	 */
	for (i = 0; i < 10; i++) {
		unsigned int spins = 0x10000;

		while (inb(0x64) & 2 && --spins)
			cpu_relax();
		outb(0xfe, 0x64);
		udelay(50);
	}
	/* An exception without an IDT is a triple fault, which resets. */
	__asm__ volatile("lidt %0\n\tud2" :: "m"(no_idt));
	for (;;)
		halt();
}

static void stand_still(void) __noreturn;
static void stand_still(void)
{
	for (;;) {
		local_irq_disable();
		halt();
	}
}

static void end_panic(const char *why) __noreturn;
static void end_panic(const char *why)
{
	if (panic_timeout > 0 && !debug_exit_port)
		pr_emerg("Rebooting in %d seconds..\n", panic_timeout);
	else if (panic_timeout >= 0 || debug_exit_port)
		pr_emerg("---[ end Kernel panic - not syncing: %s ]---\n", why);
	console_flush_on_panic();
	debug_exit(DEBUG_EXIT_PANIC);
	if (panic_timeout > 0) {
		int i;

		for (i = 0; i < panic_timeout * 10; i++)
			mdelay(100);
	}
	if (panic_timeout)
		emergency_restart();
	stand_still();
}

void panic(const char *fmt, ...)
{
	static char why[LOG_LINE_MAX - 128];		/* [panic_cpu] */
	int me, first;
	va_list args;
	size_t len;

	local_irq_disable();
	preempt_disable();
	me = smp_processor_id();
	printk_abandon();			/* who loses does not go on either */
	first = atomic_cmpxchg(&panic_cpu, PANIC_CPU_INVALID, me);
	if (first != PANIC_CPU_INVALID && first != me)
		stand_still();
	console_verbose();
	if (first == me) {
		static bool again;

		if (again)
			stand_still();
		again = true;
		va_start(args, fmt);
		pr_emerg("Kernel panic inside panic, called from %pS\n", __builtin_return_address(0));
		vprintk_emit(0, LOGLEVEL_EMERG, fmt, args);
		va_end(args);
		end_panic("panic inside panic");
	}
	bust_spinlocks(1);
	va_start(args, fmt);
	len = vscnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	if (len && why[len - 1] == '\n')
		why[len - 1] = '\0';

	pr_emerg("Kernel panic - not syncing: %s\n", why);
	/* An oops has shown its registers and its stack; a second trace would push them off the screen. */
	if (!(get_taint() & 1UL << TAINT_DIE) || oops_in_progress <= 1)
		dump_stack();
	if (panic_stop_cpus_hook)
		panic_stop_cpus_hook();
	log_bust();
	console_flush_on_panic();
	end_panic(why);
}

void nmi_panic(struct pt_regs *regs, const char *msg)
{
	int first = atomic_read(&panic_cpu);

	if (first == PANIC_CPU_INVALID)
		panic("%s", msg);
	if (first != (int)smp_processor_id()) {
		printk_abandon();		/* as in panic() */
		stand_still();
	}
}

/*
 * The compiler calls this when a function finds its canary overwritten on return. Its caller's frame cannot be trusted.
 */
void __stack_chk_fail(void)
{
	panic("stack-protector: Kernel stack is corrupted in: %pB", __builtin_return_address(0));
}

/*
 * ---- boot parameters
 * --------------------------------------------------------------------------------------------------
 */

static int __init panic_setup(char *val)
{
	return kstrtoint(val, 0, &panic_timeout);
}
early_param("panic", panic_setup);

static int __init oops_setup(char *val)
{
	if (strcmp(val, "panic"))
		return -EINVAL;
	panic_on_oops = 1;
	return 0;
}
early_param("oops", oops_setup);

static int __init panic_on_warn_setup(char *val)
{
	panic_on_warn = 1;
	return 0;
}
early_param("panic_on_warn", panic_on_warn_setup);

static int __init debug_exit_setup(char *val)
{
	return kstrtou16(val, 0, &debug_exit_port);
}
early_param("debugexit", debug_exit_setup);
