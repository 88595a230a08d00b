/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/init.h - functions that run by themselves at boot, and boot parameters, as tables made by the linker.
 *
 * An initcall is a function that kernel_init runs once, in order of level and, within a level, of linking. Each level promises
 * something to the next:
 *
 *	early		before any other; still one CPU, no other task runs
 *	pure		variables that depend on nothing else
 *	core		the frameworks that others register with
 *	postcore	the first users of these
 *	arch		what the architecture adds
 *	subsys		subsystems: filesystems may be registered from here on
 *	fs		filesystems; rootfs	the initramfs is unpacked: names exist
 *	device		drivers
 *	late		the whole kernel is up; what only makes sense then
 *
 * A parameter is "name" or "name=value". early_param() handlers run from setup_arch(), before memory allocation works;
 * __setup() handlers when the command line is parsed for good, with kmalloc. What nobody handles goes to init: "name=value" as
 * environment, the rest as argument.
 */
#ifndef PRIMER_INIT_H
#define PRIMER_INIT_H

#include <primer/compiler.h>
#include <primer/types.h>

typedef int (*initcall_t)(void);

struct initcall_entry {
	initcall_t fn;
	const char *name;
};

#define __define_initcall(fn, id) \
	static const struct initcall_entry __initcall_##fn##id __used \
		__section(".initcall" #id ".init") = { fn, #fn }

#define early_initcall(fn)	__define_initcall(fn, early)
#define pure_initcall(fn)	__define_initcall(fn, 0)
#define core_initcall(fn)	__define_initcall(fn, 1)
#define postcore_initcall(fn)	__define_initcall(fn, 2)
#define arch_initcall(fn)	__define_initcall(fn, 3)
#define subsys_initcall(fn)	__define_initcall(fn, 4)
#define fs_initcall(fn)		__define_initcall(fn, 5)
#define rootfs_initcall(fn)	__define_initcall(fn, rootfs)
#define device_initcall(fn)	__define_initcall(fn, 6)
#define late_initcall(fn)	__define_initcall(fn, 7)

/*
 * A boot parameter. @str is its name for early_param(), and for __setup() its name with the '=' if it takes a value; @fn gets
 * the text after that ("" when there is none). early_param: returns 0, or -errno for a value it cannot use. __setup: returns 1 for
 * "mine", 0 for "not mine".
 */
struct obs_kernel_param {
	const char *str;
	int (*setup_func)(char *val);
	bool early;
};

#define __setup_param(strng, fn, isearly) \
	static const struct obs_kernel_param __PASTE(__setup_, __PASTE(fn, __LINE__)) __used \
		__section(".init.setup") __aligned(8) = { strng, fn, isearly }

#define __setup(str, fn)	__setup_param(str, fn, false)
#define early_param(str, fn)	__setup_param(str, fn, true)

/* The command line as the loader gave it: the text of /proc/cmdline. [immutable after setup_arch()] */
extern char boot_command_line[];
extern char *saved_command_line;

/* SYSTEM_BOOTING until start_kernel has a scheduler; then as the names say. [written by PID 1 and by reboot] */
enum system_states { SYSTEM_BOOTING, SYSTEM_SCHEDULING, SYSTEM_FREEING_INITMEM, SYSTEM_RUNNING, SYSTEM_HALT, SYSTEM_POWER_OFF, SYSTEM_RESTART };
extern enum system_states system_state;

/* Bounds of the image, from linker.ld. */
extern char _text[], _stext[], _etext[], __start_rodata[], __end_rodata[], _sdata[], _edata[], __bss_start[], __bss_stop[], _end[];
extern char __init_begin[], __init_end[], _sinittext[], _einittext[];

#endif
