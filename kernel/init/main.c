/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/init/main.c - start_kernel(): from one CPU with a stack to a running system.
 *
 * The boot task runs down one explicit list. Each step may use what the steps above it made, and each is named in the log with
 * what becomes possible after it; that log is the table of contents of the kernel. The order is Linux's, because the reasons
 * are the same:
 *
 *	interrupts stay off until there is somebody to take them
 *	memory: memblock -> pages -> slabs -> everything that allocates
 *	the scheduler before anything that may schedule
 *	time before anything that waits
 *	names (the VFS) before the first program
 *
 * At the end the boot task makes two more, PID 1 and PID 2, and becomes what it will be for ever: CPU 0's idle task, PID 0.
 *
 *	PID 0 start_kernel -> rest_init -> cpu_idle
 *	          |-> PID 1 kernel_init -> initcalls -> /init		(a user program from there on)
 *	          '-> PID 2 kthreadd: makes all further kernel threads
 *
 * PID 1 is made first to get that number, but must wait for PID 2: initcalls create kernel threads.
 */
#include <primer/completion.h>
#include <primer/console.h>
#include <primer/cred.h>
#include <primer/fdtable.h>
#include <uapi/fcntl.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/hrtimer.h>
#include <primer/init.h>
#include <primer/initramfs.h>
#include <primer/interrupt.h>
#include <primer/irq.h>
#include <primer/irqchip.h>
#include <primer/kthread.h>
#include <primer/mm.h>
#include <primer/panic.h>
#include <primer/percpu.h>
#include <primer/pid.h>
#include <primer/printk.h>
#include <primer/provoke.h>
#include <primer/rcutree.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/signal.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <primer/stacktrace.h>
#include <primer/string.h>
#include <primer/tick.h>
#include <primer/time_init.h>
#include <primer/timekeeping.h>
#include <primer/timer.h>
#include <primer/version.h>
#include <primer/vm.h>
#include <uapi/sched.h>
#include <asm/irqflags.h>
#include <asm/processor.h>
#include <asm/stackprotector.h>
#include <asm/traps.h>
#include "init.h"

void start_kernel(void) __noreturn;

enum system_states system_state __read_mostly = SYSTEM_BOOTING;

/* kunit=GLOB: the tests room (the roof) puts its runner here. NULL: no tests in this image. */
extern int (*kunit_runner)(const char *glob);
int (*kunit_runner)(const char *glob);
static const char *kunit_glob;

static DECLARE_COMPLETION(kthreadd_done);

/* One step of start_kernel: said before it is taken, so that the log of a boot that stops names the step it stopped in. */
#define STEP(fn, args, gives) do { \
	pr_info("start_kernel: %s: %s\n", #fn, gives); \
	fn args; \
} while (0)

static int __init kunit_setup(char *str)
{
	/* "kunit" alone, or "kunit=GLOB"; a longer name is not ours. */
	if (*str && *str != '=')
		return 0;
	kunit_glob = *str == '=' ? str + 1 : "*";
	return 1;
}
__setup("kunit", kunit_setup);

static void __init run_kunit(void)
{
	int failed;

	if (!kunit_glob)
		return;
	if (!kunit_runner) {
		pr_err("kunit: this kernel was built without tests\n");
		return;
	}
	failed = kunit_runner(kunit_glob);
	console_flush();
	debug_exit(failed ? DEBUG_EXIT_FAIL : DEBUG_EXIT_PASS);
}

/* PID 1's standard input, output and error; inherited by every program. */
static void __init console_on_rootfs(void)
{
	struct file *file = filp_open("/dev/console", O_RDWR, 0);

	if (IS_ERR(file)) {
		pr_err("Warning: unable to open an initial console.\n");
		return;
	}
	for (int i = 0; i < 3; i++) {
		int fd = get_unused_fd_flags(0);

		if (fd < 0) {
			pr_err("Warning: no file descriptor %d for init (error %d).\n", i, fd);
			break;
		}
		fd_install(fd, get_file(file));
	}
	fput(file);
}

/* What needs tasks and is needed before user mode. In init memory: it must be back before that is freed. */
static noinline void __init kernel_init_freeable(void)
{
	wait_for_completion(&kthreadd_done);
	smp_init();
	do_early_initcalls();
	do_initcalls();
	run_kunit();
	console_on_rootfs();
}

static int kernel_init(void *unused)
{
	(void)unused;
	kernel_init_freeable();

	system_state = SYSTEM_FREEING_INITMEM;
	free_initmem();
	mark_rodata_ro();
	system_state = SYSTEM_RUNNING;

	provoke_from_cmdline();
	run_init();
	return 0;	/* into user mode: ret_from_fork */
}

static noinline void __init __noreturn rest_init(void)
{
	pid_t pid;

	/* Preemption is off: the two new tasks do not run before both exist. */
	pid = kernel_thread(kernel_init, NULL, CLONE_FS);
	if (pid < 0)
		panic("Cannot create PID 1 (error %d)", pid);
	pid = kernel_thread(kthreadd, NULL, CLONE_FS | CLONE_FILES);
	if (pid < 0)
		panic("Cannot create kthreadd (error %d)", pid);
	kthreadd_task = find_task_by_vpid(pid);
	system_state = SYSTEM_SCHEDULING;
	complete(&kthreadd_done);
	cpu_idle();
}

void __init __no_stack_protector start_kernel(void)
{
	char *command_line;

	local_irq_disable();
	set_task_stack_end_magic(&init_task);
	boot_init_stack_canary();
	boot_cpu_init();
	pr_notice("%s", linux_banner);

	STEP(setup_arch, (&command_line), "CPU and memory map are known, final page tables, struct pages");
	STEP(setup_per_cpu_areas, (), "every possible CPU has its own copy of per-CPU variables");
	STEP(parse_args, (), "boot parameters have their effect");
	STEP(cpu_init, (), "GDT, TSS, interrupt stacks, SYSCALL, FPU of the boot CPU");
	STEP(trap_init, (), "every exception has its own entry");
	STEP(mem_init, (), "pages, slabs and vmalloc can be had");
	STEP(radix_tree_init, (), "numbers and page caches can be kept in trees");
	STEP(vm_init, (), "address spaces of processes can be made");
	STEP(sched_init, (), "run queues exist; this is the idle task");
	STEP(early_irq_init, (), "interrupt lines have records, and handlers a stack");
	STEP(init_IRQ, (), "interrupt controllers are ours, every line masked: lines can be requested");
	STEP(softirq_init, (), "bottom halves can be raised");
	STEP(rcu_init, (), "what readers may still see can be freed later");
	STEP(tick_init, (), "the tick can stop when a CPU idles");
	STEP(init_timers, (), "timeouts can be set: the timer wheel");
	STEP(hrtimers_init, (), "exact timers can be set");
	STEP(timekeeping_init, (), "what time it is");
	STEP(time_init, (), "clocks and timers of the machine are in use: it ticks as soon as interrupts are on");
	system_state = SYSTEM_BOOTING;
	local_irq_enable();
	STEP(console_init, (), "the log so far, and from here on, is on the consoles");
	STEP(pid_idr_init, (), "process numbers");
	STEP(cred_init, (), "users and rights");
	STEP(fork_init, (), "tasks can be made");
	STEP(signals_init, (), "signals can be queued");
	STEP(vfs_caches_init, (), "names: an empty root filesystem is mounted");
	pr_info("start_kernel: rest_init: PID 1 and PID 2; this task becomes idle\n");
	rest_init();
}
