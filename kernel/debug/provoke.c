/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/debug/provoke.c - does the kernel notice? A planted fault for each kind that it promises to catch.
 *
 * The reports of faults are code that hardly ever runs and must work the first time. provoke=NAME commits one fault
 * at the end of boot, with the names of Linux's LKDTM (drivers/misc/lkdtm), so that a test can boot once for each and
 * read the report:
 *
 *	what protects			faults that prove it
 *	page rights: read-only		WRITE_RO WRITE_RO_AFTER_INIT WRITE_KERN
 *	page rights: NX			EXEC_DATA EXEC_STACK EXEC_KMALLOC EXEC_VMALLOC EXEC_RODATA
 *	SMEP, SMAP			EXEC_USERSPACE, ACCESS_USERSPACE
 *	the unmapped page 0		EXCEPTION ACCESS_NULL EXEC_NULL
 *	guard pages of stacks		EXHAUST_STACK STACK_GUARD_PAGE_LEADING STACK_GUARD_PAGE_TRAILING
 *	stack protector			CORRUPT_STACK CORRUPT_STACK_STRONG
 *	interrupt stacks		DOUBLE_FAULT
 *	nothing but the programmer	PANIC BUG WARNING WARNING_MESSAGE
 *	watchdogs			SOFTLOCKUP HARDLOCKUP SPINLOCKUP HUNG_TASK RCU_STALL RCU_EXP_STALL, see provoke_lockup.c
 *	checks of the preempt count	SCHEDULE_ATOMIC SOFTIRQ_LEAK WORK_LEAK TIMER_LEAK, see provoke_leak.c
 *	checks of DEBUG builds		see provoke_heap.c and provoke_syscall.c
 *
 * Every one shall end the machine: oopses and warnings are made to panic, and a fault that was not stopped is a panic
 * of its own ("survived"), as when the CPU lacks SMEP. The exception are the leaks: who finds one puts the count right, and
 * the boot goes on. So several of them fit into one: provoke=WORK_LEAK,TIMER_LEAK.
 *
 * Left out of LKDTM's list: what is no fault on x86 (unaligned access).
 */
#define pr_fmt(fmt) "provoke: " fmt

#include <primer/bug.h>
#include <primer/err.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/nmi.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/provoke.h>
#include <primer/rcutree.h>
#include <primer/sched.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/mmu_context.h>
#include <primer/vm.h>
#include <primer/vmalloc.h>
#include <asm/uaccess.h>
#include <uapi/mman.h>

#include "provoke_internal.h"

#define EXEC_SIZE	64		/* bytes of code that are copied about */
#define RECURSION_BYTES	(THREAD_SIZE / 8)
#define RECURSION_DEPTH	16		/* twice what the stack has room for */

static char provoke_names[96];		/* [boot] with commas between them */

static u8 data_area[EXEC_SIZE];
static const unsigned long rodata = 0xaa55aa55;
static unsigned long ro_after_init __ro_after_init = 0x55aa5500;
/* RET, in pages that hold constants. */
static const u8 rodata_code[EXEC_SIZE] __aligned(EXEC_SIZE) = { 0xc3 };

/* Two functions: one to be copied to places where it must not run, one to be overwritten. */
static noinline void do_nothing(void)
{
	__asm__ volatile("");
}

static noinline void do_overwritten(void)
{
	pr_info("do_overwritten wasn't overwritten!\n");
}

/*
 * ---- plain failures
 * ---------------------------------------------------------------------------------------------------
 */

static void provoke_PANIC(void)
{
	panic("dumptest");
}

static void provoke_BUG(void)
{
	BUG();
}

static void provoke_WARNING(void)
{
	WARN_ON(1);
}

static void provoke_WARNING_MESSAGE(void)
{
	static int count;

	WARN(1, "Warning message trigger count: %d\n", ++count);
}

static void provoke_EXCEPTION(void)
{
	volatile int *volatile null = NULL;

	*null = 0;
}

static void provoke_ACCESS_NULL(void)
{
	volatile unsigned long *volatile null = NULL;

	pr_info("attempting bad read at %px\n", (void *)null);
	*null = *null + 0xc0dec0de;
}

/*
 * ---- stacks
 * -----------------------------------------------------------------------------------------------------------
 */

static noinline int recurse(int remaining)
{
	volatile char buf[RECURSION_BYTES];

	/* Touch all of it, so that no guard page is jumped over. */
	memset((char *)buf, remaining & 0xff, sizeof(buf));
	if (!remaining)
		return 0;
	return recurse(remaining - 1) + buf[remaining % RECURSION_BYTES];
}

static void provoke_EXHAUST_STACK(void)
{
	pr_info("calling function with %lu frame size to depth %d ...\n", RECURSION_BYTES, RECURSION_DEPTH);
	recurse(RECURSION_DEPTH);
}

static noinline void overwrite(void *stack, size_t len)
{
	memset(stack, '\xff', len);
}

static noinline void provoke_CORRUPT_STACK(void)
{
	char data[8] __aligned(sizeof(void *));

	pr_info("Corrupting stack containing char array ...\n");
	overwrite(data, 64);
}

static noinline void provoke_CORRUPT_STACK_STRONG(void)
{
	union {
		unsigned short shorts[4];
		unsigned long *ptr;
	} data __aligned(sizeof(void *));

	pr_info("Corrupting stack containing union ...\n");
	overwrite(&data, 64);
}

static noinline void read_byte(const void *addr)
{
	pr_info("attempting bad read from page next to the stack, at %px\n", addr);
	pr_info("byte is 0x%x\n", *(const volatile u8 *)addr);
}

static void provoke_STACK_GUARD_PAGE_LEADING(void)
{
	read_byte((const u8 *)current->stack - 1);
}

static void provoke_STACK_GUARD_PAGE_TRAILING(void)
{
	read_byte((const u8 *)current->stack + THREAD_SIZE);
}

/*
 * A push onto a stack at an address that cannot exist is #SS; the CPU cannot push that exception's frame either: #DF.
 */
static void provoke_DOUBLE_FAULT(void)
{
	__asm__ volatile("movq %0, %%rsp\n\tpushq $0" :: "r"(1UL << 63) : "memory");
}

/*
 * ---- rights of pages
 * --------------------------------------------------------------------------------------------------
 */

static noinline void write_word(volatile unsigned long *ptr)
{
	pr_info("attempting bad write at %px\n", (void *)ptr);
	*ptr ^= 0xabcd1234;
}

static void provoke_WRITE_RO(void)
{
	write_word((unsigned long *)&rodata);
}

static void provoke_WRITE_RO_AFTER_INIT(void)
{
	write_word(&ro_after_init);
}

static void provoke_WRITE_KERN(void)
{
	void *volatile to = do_overwritten, *volatile from = do_nothing;

	pr_info("attempting bad %d byte write at %px\n", EXEC_SIZE, to);
	memcpy(to, from, EXEC_SIZE);
	do_overwritten();
}

/* Call @dst, after copying a function there if @write. */
static noinline void execute_location(void *dst, bool write)
{
	void (*volatile func)(void) = dst;
	void *volatile code = do_nothing;

	if (write)
		memcpy(dst, code, EXEC_SIZE);
	pr_info("attempting bad execution at %px\n", dst);
	func();
	pr_err("FAIL: func returned\n");
}

static void provoke_EXEC_DATA(void)
{
	execute_location(data_area, true);
}

static void provoke_EXEC_STACK(void)
{
	u8 stack_area[EXEC_SIZE];

	execute_location(stack_area, true);
}

static void provoke_EXEC_KMALLOC(void)
{
	execute_location(kmalloc(EXEC_SIZE, GFP_KERNEL), true);
}

static void provoke_EXEC_VMALLOC(void)
{
	execute_location(vmalloc(EXEC_SIZE), true);
}

static void provoke_EXEC_RODATA(void)
{
	execute_location((void *)rodata_code, false);
}

static void provoke_EXEC_NULL(void)
{
	execute_location(NULL, false);
}

/*
 * ---- user memory
 * ------------------------------------------------------------------------------------------------------
 */

/*
 * A page of user memory with everything allowed. PID 1 is still a kernel thread: it gets an address space for the
 * purpose.
 */
static void __user *user_page(void)
{
	unsigned long addr;

	if (!current->mm) {
		struct mm_struct *mm = mm_alloc();

		if (!mm)
			return NULL;
		arch_pick_mmap_layout(mm, 8UL << 20, 0);
		current->mm = mm;
		activate_mm(current->active_mm, mm);
		current->active_mm = mm;
	}
	addr = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_ANONYMOUS | MAP_PRIVATE, 0);
	if (IS_ERR_VALUE(addr))
		return NULL;
	return (void __user *)addr;
}

static void provoke_EXEC_USERSPACE(void)
{
	void *page = user_page();

	if (!page || copy_to_user(page, (const void *)do_nothing, EXEC_SIZE)) {
		pr_warn("no user memory to be had\n");
		return;
	}
	execute_location(page, false);
}

static void provoke_ACCESS_USERSPACE(void)
{
	unsigned long value = 0xc0dec0de;
	unsigned long *page = user_page();

	if (!page || copy_to_user(page, &value, sizeof(value))) {
		pr_warn("no user memory to be had\n");
		return;
	}
	pr_info("attempting bad read at %px\n", (void *)page);
	pr_info("read %#lx\n", *(volatile unsigned long *)page);
	write_word(page);
}

/*
 * ---- the list
 * ---------------------------------------------------------------------------------------------------------
 */

#define CRASHTYPE(name) { #name, provoke_##name, false }
#define LEAKTYPE(name) { #name, provoke_##name, true }
static const struct crashtype {
	const char *name;
	void (*func)(void);
	bool goes_on;		/* the boot does, after the report */
} crashtypes[] = {
	CRASHTYPE(PANIC),
	CRASHTYPE(BUG),
	CRASHTYPE(WARNING),
	CRASHTYPE(WARNING_MESSAGE),
	CRASHTYPE(EXCEPTION),
	CRASHTYPE(EXHAUST_STACK),
	CRASHTYPE(CORRUPT_STACK),
	CRASHTYPE(CORRUPT_STACK_STRONG),
	CRASHTYPE(STACK_GUARD_PAGE_LEADING),
	CRASHTYPE(STACK_GUARD_PAGE_TRAILING),
	CRASHTYPE(DOUBLE_FAULT),
	CRASHTYPE(WRITE_RO),
	CRASHTYPE(WRITE_RO_AFTER_INIT),
	CRASHTYPE(WRITE_KERN),
	CRASHTYPE(EXEC_DATA),
	CRASHTYPE(EXEC_STACK),
	CRASHTYPE(EXEC_KMALLOC),
	CRASHTYPE(EXEC_VMALLOC),
	CRASHTYPE(EXEC_RODATA),
	CRASHTYPE(EXEC_USERSPACE),
	CRASHTYPE(EXEC_NULL),
	CRASHTYPE(ACCESS_USERSPACE),
	CRASHTYPE(ACCESS_NULL),
	CRASHTYPE(OVERWRITE_ALLOCATION),
	CRASHTYPE(SLAB_LINEAR_OVERFLOW),
	CRASHTYPE(VMALLOC_LINEAR_OVERFLOW),
	CRASHTYPE(STACK_LINEAR_OVERFLOW),
	CRASHTYPE(WRITE_AFTER_FREE),
	CRASHTYPE(READ_AFTER_FREE),
	CRASHTYPE(WRITE_BUDDY_AFTER_FREE),
	CRASHTYPE(READ_BUDDY_AFTER_FREE),
	CRASHTYPE(SLAB_FREE_DOUBLE),
	CRASHTYPE(SLAB_FREE_CROSS),
	CRASHTYPE(SLAB_FREE_PAGE),
	CRASHTYPE(SOFTLOCKUP),
	CRASHTYPE(HARDLOCKUP),
	CRASHTYPE(SPINLOCKUP),
	CRASHTYPE(HUNG_TASK),
	CRASHTYPE(RCU_STALL),
	CRASHTYPE(RCU_EXP_STALL),
	CRASHTYPE(ARRAY_BOUNDS),
	CRASHTYPE(SHIFT_OUT_OF_BOUNDS),
	LEAKTYPE(SCHEDULE_ATOMIC),
	LEAKTYPE(SOFTIRQ_LEAK),
	LEAKTYPE(WORK_LEAK),
	LEAKTYPE(TIMER_LEAK),
#ifdef CONFIG_DEBUG
	CRASHTYPE(SYSCALL_LEAK_PREEMPT),
	CRASHTYPE(SYSCALL_LEAK_IRQS),
	CRASHTYPE(SYSCALL_LEAK_LOCK),
#endif
};

static void list_crashtypes(const char *wrong)
{
	size_t i;

	pr_warn("no fault is named %s; there are:\n", wrong);
	for (i = 0; i < ARRAY_SIZE(crashtypes); i++)
		pr_warn("  %s\n", crashtypes[i].name);
}

void provoke(const char *name)
{
	const struct crashtype *type = crashtypes;

	while (type < crashtypes + ARRAY_SIZE(crashtypes) && strcmp(type->name, name))
		type++;
	if (type == crashtypes + ARRAY_SIZE(crashtypes)) {
		list_crashtypes(name);
		return;
	}
	pr_info("Performing direct entry %s\n", name);
	if (type->goes_on) {
		type->func();
		return;
	}
	panic_on_oops = 1;
	panic_on_warn = 1;
	softlockup_panic = hardlockup_panic = sysctl_hung_task_panic = sysctl_panic_on_rcu_stall = 1;
	type->func();
#ifdef CONFIG_DEBUG
	if (provoked_leak)
		return;
#endif
	panic("provoke=%s: survived, nothing stopped it", name);
}

void provoke_from_cmdline(void)
{
	char *names = provoke_names, *name;

	while ((name = strsep(&names, ",")))
		if (*name)
			provoke(name);
}

static int __init provoke_setup(char *val)
{
	strscpy(provoke_names, val, sizeof(provoke_names));
	return 1;
}
__setup("provoke=", provoke_setup);
