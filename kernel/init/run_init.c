/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/init/run_init.c - PID 1 stops being a kernel thread.
 *
 * Which program is the first, in Linux's order:
 *
 *	rdinit=PATH, else /init		of the initramfs; rdinit's path must work, or the machine stops
 *	init=PATH			must work, or the machine stops
 *	/sbin/init, /etc/init, /bin/init, /bin/sh	whichever works
 *
 * Without an initramfs there is nothing to take them from: there is no block device yet that root= could name.
 */
#include <primer/fs.h>
#include <primer/init.h>
#include <primer/namei.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/process.h>
#include <primer/string.h>
#include <asm/setup.h>
#include "init.h"

static const char *execute_command;		/* init= */
static const char *ramdisk_execute_command = "/init";	/* rdinit= */
static bool rdinit_given;
static const char *root_device;			/* root= */

static int __init init_setup(char *str)
{
	execute_command = str;
	/* What stood before init= was not meant for it. */
	for (unsigned int i = 1; argv_init[i]; i++)
		argv_init[i] = NULL;
	return 1;
}
__setup("init=", init_setup);

static int __init rdinit_setup(char *str)
{
	ramdisk_execute_command = str;
	rdinit_given = true;
	for (unsigned int i = 1; argv_init[i]; i++)
		argv_init[i] = NULL;
	return 1;
}
__setup("rdinit=", rdinit_setup);

static int __init root_dev_setup(char *str)
{
	root_device = str;
	return 1;
}
__setup("root=", root_dev_setup);

static int run_init_process(const char *filename)
{
	argv_init[0] = filename;
	pr_info("Run %s as init process\n", filename);
	pr_debug("  with arguments:\n");
	for (const char *const *p = argv_init; *p; p++)
		pr_debug("    %s\n", *p);
	pr_debug("  with environment:\n");
	for (const char *const *p = envp_init; *p; p++)
		pr_debug("    %s\n", *p);
	return kernel_execve(filename, argv_init, envp_init);
}

/* One of the four that may be missing; what is there and does not start is worth a line. */
static int try_to_run_init_process(const char *filename)
{
	int ret = run_init_process(filename);

	if (ret && ret != -ENOENT)
		pr_err("Starting init: %s exists but couldn't execute it (error %d)\n", filename, ret);
	return ret;
}

static bool file_exists(const char *name)
{
	struct path path;

	if (kern_path(name, LOOKUP_FOLLOW, &path))
		return false;
	path_put(&path);
	return true;
}

void run_init(void)
{
	static const char *const defaults[] = { "/sbin/init", "/etc/init", "/bin/init", "/bin/sh" };
	int ret;

	if (ramdisk_execute_command && (rdinit_given || file_exists(ramdisk_execute_command))) {
		ret = run_init_process(ramdisk_execute_command);
		if (!ret)
			return;
		pr_err("Failed to execute %s (error %d)\n", ramdisk_execute_command, ret);
		if (rdinit_given)
			panic("Requested rdinit %s failed (error %d).", ramdisk_execute_command, ret);
	} else if (root_device || !boot_params.ramdisk_size) {
		/* prepare_namespace(): a real root filesystem would be mounted now. */
		pr_err("VFS: Cannot open root device \"%s\" or unknown-block(0,0): error %d\n", root_device ? root_device : "(null)", -ENODEV);
		pr_err("No initramfs with an /init: give one with -initrd FILE (QEMU) or module2 (GRUB)\n");
		panic("VFS: Unable to mount root fs on unknown-block(0,0)");
	}

	if (execute_command) {
		ret = run_init_process(execute_command);
		if (!ret)
			return;
		panic("Requested init %s failed (error %d).", execute_command, ret);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(defaults); i++)
		if (!try_to_run_init_process(defaults[i]))
			return;
	panic("No working init found.  Try passing init= option to kernel. See docs/boot.md for guidance.");
}
