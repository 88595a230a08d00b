/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/reboot.c - restart, halt, switch off: reboot(2).
 *
 * The ways to do it belong to others: panic.h's machine_restart_hook and pm_power_off are filled by whoever
 * knows the machine (ACPI). Here are the permission, the words on the log, and what happens when nobody has filled
 * them.
 *
 * With debugexit= a power-off is the orderly end of a run, and QEMU exits with the status for success.
 */
#define pr_fmt(fmt) "reboot: " fmt

#include <primer/console.h>
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/init.h>
#include <primer/mutex.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/process.h>
#include <primer/sched.h>
#include <primer/syscalls.h>
#include <asm/irqflags.h>
#include <asm/uaccess.h>
#include <uapi/reboot.h>

static DEFINE_MUTEX(reboot_mutex, LOCK_RANK_SLEEPING_LEAF); /* two tasks must not end the machine in two ways at once */

static void __noreturn stop_here(void)
{
	console_flush_on_panic();
	if (panic_stop_cpus_hook)
		panic_stop_cpus_hook();
	local_irq_disable();
	for (;;)
		__asm__ volatile("hlt");
}

void __noreturn kernel_restart(const char *cmd)
{
	system_state = SYSTEM_RESTART;
	if (cmd)
		pr_emerg("Restarting system with command '%s'\n", cmd);
	else
		pr_emerg("Restarting system\n");
	console_flush_on_panic();
	emergency_restart();
}

void __noreturn kernel_halt(void)
{
	system_state = SYSTEM_HALT;
	pr_emerg("System halted\n");
	stop_here();
}

void __noreturn kernel_power_off(void)
{
	system_state = SYSTEM_POWER_OFF;
	pr_emerg("Power down\n");
	console_flush_on_panic();
	debug_exit(DEBUG_EXIT_PASS);
	if (pm_power_off)
		pm_power_off();
	pr_emerg("System halted: no way to switch the power off\n");
	stop_here();
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
