/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/reboot.c - restart, halt, switch off: reboot(2).
 *
 * The ways to do it belong to others: panic.h's machine_restart_hook and pm_power_off are filled by whoever
 * knows the machine (ACPI). Here are the permission, the words on the log, and what happens when nobody has filled
 * them.
 *
 * Whichever way it ends, it does so on CPU 0, where the firmware has always been called, and alone:
 *
 *	migrate_to_reboot_cpu()	the caller moves to CPU 0
 *	machine_shutdown()	the others are told to halt by an ordinary interrupt, so that each first leaves what it
 *				does with interrupts off. Whoever has not come within a second is stopped by an NMI,
 *				as in a panic
 *
 * Whoever is stopped may hold locks, which nobody will ever release. So before the first one is told, interrupts go off here, and
 * stay off: neither another task nor a softirq can take this CPU and wait for such a lock, and nothing is waited for without a limit.
 *
 * What is still to be printed is printed after that, with the console taken by force: whoever held it is stopped. With debugexit= a
 * power-off is the orderly end of a run, and QEMU exits with the status for success.
 *
 * Linux: kernel/reboot.c, arch/x86/kernel/reboot.c. It also shuts down every device before, and calls whoever has
 * asked for it.
 */
#define pr_fmt(fmt) "reboot: " fmt

#include <primer/console.h>
#include <primer/cpumask.h>
#include <primer/cred.h>
#include <primer/delay.h>
#include <primer/err.h>
#include <primer/init.h>
#include <primer/mutex.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/process.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/syscalls.h>
#include <asm/irqflags.h>
#include <asm/uaccess.h>
#include <uapi/reboot.h>

static DEFINE_MUTEX(reboot_mutex, LOCK_RANK_SLEEPING_LEAF); /* two tasks must not end the machine in two ways at once */

#define STOP_LIMIT_US		1000000
static DEFINE_PER_CPU(call_single_data_t, stop_csd);	/* used once: the request to each CPU */

static void migrate_to_reboot_cpu(void)
{
	current->flags |= PF_NO_SETAFFINITY;
	set_cpus_allowed_ptr(current, cpumask_of(0));
}

static void __noreturn stand_still(void)
{
	local_irq_disable();
	for (;;)
		halt();
}

static void stop_this_cpu(void *unused)
{
	local_irq_disable();
	set_cpu_online(raw_smp_processor_id(), false);
	stand_still();
}

/* Returns with interrupts off, and on the only CPU that runs. */
static void machine_shutdown(void)
{
	unsigned int cpu;

	local_irq_disable();
	for_each_online_cpu(cpu) {
		if (cpu == (unsigned int)raw_smp_processor_id())
			continue;
		per_cpu_ptr(&stop_csd, cpu)->func = stop_this_cpu;
		smp_call_function_single_async((int)cpu, per_cpu_ptr(&stop_csd, cpu));
	}
	for (unsigned int us = 0; num_online_cpus() > 1 && us < STOP_LIMIT_US; us += 10)
		udelay(10);
	if (panic_stop_cpus_hook)
		panic_stop_cpus_hook();
}

void __noreturn kernel_restart(const char *cmd)
{
	system_state = SYSTEM_RESTART;
	migrate_to_reboot_cpu();
	if (cmd)
		pr_emerg("Restarting system with command '%s'\n", cmd);
	else
		pr_emerg("Restarting system\n");
	machine_shutdown();
	console_flush_on_panic();
	emergency_restart();
}

void __noreturn kernel_halt(void)
{
	system_state = SYSTEM_HALT;
	migrate_to_reboot_cpu();
	pr_emerg("System halted\n");
	machine_shutdown();
	console_flush_on_panic();
	stand_still();
}

void __noreturn kernel_power_off(void)
{
	system_state = SYSTEM_POWER_OFF;
	migrate_to_reboot_cpu();
	pr_emerg("Power down\n");
	machine_shutdown();
	console_flush_on_panic();
	debug_exit(DEBUG_EXIT_PASS);
	if (pm_power_off)
		pm_power_off();
	pr_emerg("System halted: no way to switch the power off\n");
	console_flush_on_panic();
	stand_still();
}

SYSCALL_DEFINE4(reboot, int, magic1, int, magic2, unsigned int, cmd, void __user *, arg)
{
	char command[256];
	long err = 0;

	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	if (magic1 != (int)LINUX_REBOOT_MAGIC1 ||
	    (magic2 != LINUX_REBOOT_MAGIC2 && magic2 != LINUX_REBOOT_MAGIC2A && magic2 != LINUX_REBOOT_MAGIC2B &&
	     magic2 != LINUX_REBOOT_MAGIC2C))
		return -EINVAL;

	mutex_lock(&reboot_mutex);
	switch (cmd) {
	case LINUX_REBOOT_CMD_RESTART:
		kernel_restart(NULL);
	case LINUX_REBOOT_CMD_RESTART2:
		err = strncpy_from_user(command, arg, sizeof(command) - 1);
		if (err < 0)
			break;
		command[sizeof(command) - 1] = '\0';
		kernel_restart(command);
	case LINUX_REBOOT_CMD_HALT:
		kernel_halt();
	case LINUX_REBOOT_CMD_POWER_OFF:
		kernel_power_off();
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		break;			/* Ctrl-Alt-Del has no meaning here in either case */
	default:
		err = -EINVAL;
	}
	mutex_unlock(&reboot_mutex);
	return err;
}
