/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/trace/oops.c - an exception in the kernel that nobody expected: report it, then kill the task or the machine.
 *
 * A fault in kernel mode means that the kernel is wrong somewhere. Often only one task is affected, and the machine
 * can live on long enough to read the log: so the task dies, its locks stay taken, and the kernel is tainted "D". It
 * cannot when there is no task to blame (an interrupt, boot), or when the user prefers a stop (oops=panic): then it
 * is a panic.
 *
 *	die()		oops_begin()	one report at a time; the same CPU may nest (a fault while reporting)
 *			__die()		title, registers, code, trace
 *			oops_end()	let go of the log, mark the kernel, then
 *			    |
 *			    +-- in interrupt		panic "Fatal exception in interrupt"
 *			    +-- oops=panic		panic "Fatal exception"
 *			    +-- no task, no do_exit	panic "Fatal exception"
 *			    +-- else			oops_exit_hook(SIGSEGV): do_exit()
 *
 * A fault at an address just below the task's stack is a stack overflow. The CPU cannot push the frame of that page
 * fault onto the same stack, so it arrives as a double fault on a stack of its own, with CR2 still telling the
 * address.
 *
 * Locking. die_owner, the CPU that reports; waited for by others with interrupts off. Never taken by the panic that
 * ends a report.
 *
 * The task goes to do_exit() from the top of its stack: it will not return to what it was doing, and what it was doing
 * may have used the stack up. After a double fault nothing is certain any more; it counts as an NMI, and so is a panic.
 *
 * Linux also asks notifiers and kexec, and prints the registers a second time at the end.
 */
#include <primer/bug.h>
#include <primer/kasan-checks.h>
#include <primer/kdebug.h>
#include <primer/kernel.h>
#include <primer/panic.h>
#include <primer/preempt.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/stacktrace.h>
#include <asm/barrier.h>
#include <asm/cmpxchg.h>
#include <asm/irqflags.h>
#include <asm/pgtable.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/uaccess.h>

#define SIGKILL		9
#define SIGSEGV		11

void (*oops_exit_hook)(long signr);

static int die_owner = -1;		/* CPU inside oops_begin..oops_end, or -1. Context: any, interrupts off */
static unsigned int die_nest;		/* [die_owner] reports inside each other */
static int die_counter;			/* [die_owner] */

unsigned long oops_begin(void)
{
	unsigned long flags;
	int me, old = -1;

	local_irq_save(flags);
	me = smp_processor_id();
	if (READ_ONCE(die_owner) != me) {
		while (!try_cmpxchg_acquire(&die_owner, &old, me)) {	/* pairs with the release in oops_end() */
			old = -1;
			cpu_relax();
		}
	}
	die_nest++;
	printk_abandon();
	bust_spinlocks(1);
	return flags;
}

void __die(const char *str, struct pt_regs *regs, long err)
{
	printk(KERN_EMERG "%s: %04lx [#%d] PREEMPT SMP\n", str, err & 0xffff, ++die_counter);
	show_regs(regs);
	printk("Modules linked in:\n");
}

/* End current, from the top of its stack; its user registers there stay whole. */
static void __noreturn kill_current(long signr)
{
	unsigned long top = ALIGN_DOWN((unsigned long)task_pt_regs(current), 16UL);

	kasan_leave_frames();
	__asm__ volatile("movq %0, %%rsp\n\txorl %%ebp, %%ebp\n\tcall *%1"
			 :: "r"(top), "r"(oops_exit_hook), "D"(signr) : "memory");
	__builtin_unreachable();
}

void oops_end(unsigned long flags, struct pt_regs *regs, int signr)
{
	printk(KERN_WARNING "---[ end trace %016llx ]---\n", 0ULL);
	add_taint(TAINT_DIE);
	if (signr && in_interrupt())
		panic("Fatal exception in interrupt");
	if (signr && (panic_on_oops || !current || !oops_exit_hook))
		panic("Fatal exception");
	if (signr) {
		die_nest = 1;		/* a report that this one has interrupted does not go on either */
		oops_in_progress = 1;
	}
	bust_spinlocks(0);
	if (!--die_nest)
		smp_store_release(&die_owner, -1);	/* pairs with the acquire in oops_begin() */
	local_irq_restore(flags);
	if (signr)
		kill_current(signr);
}

void die(const char *str, struct pt_regs *regs, long err)
{
	unsigned long flags = oops_begin();

	__die(str, regs, err);
	oops_end(flags, regs, user_mode(regs) ? 0 : SIGSEGV);
}

/*
 * ---- page faults
 * ------------------------------------------------------------------------------------------------------
 */

/* One entry of the table at @table (a physical address) for @index; false when it cannot be read. */
static bool read_entry(unsigned long table, unsigned int index, unsigned long *entry)
{
	return !copy_from_kernel_nofault(entry, (unsigned long *)__va(table & PTE_PFN_MASK) + index, sizeof(*entry));
}

void dump_pagetable(unsigned long address)
{
	static const struct { const char *name; unsigned int shift; } levels[] = {
		{ "PGD", PGDIR_SHIFT }, { "PUD", PUD_SHIFT }, { "PMD", PMD_SHIFT }, { "PTE", PAGE_SHIFT },
	};
	unsigned long entry = read_cr3();
	unsigned int i;

	printk(KERN_INFO);
	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		if (!read_entry(entry, address >> levels[i].shift & (PTRS_PER_TABLE - 1), &entry)) {
			pr_cont("BAD");
			break;
		}
		pr_cont("%s%s %lx", i ? " " : "", levels[i].name, entry);
		if (!(entry & _PAGE_PRESENT) || (i && entry & _PAGE_PSE))
			break;
	}
	pr_cont("\n");
}

/* The entry that maps @address, of whatever size, or 0. */
static unsigned long leaf_entry(unsigned long address)
{
	unsigned long entry = read_cr3() | _PAGE_PRESENT;
	int shift;

	for (shift = PGDIR_SHIFT; shift >= PAGE_SHIFT; shift -= 9) {
		if (!read_entry(entry, address >> shift & (PTRS_PER_TABLE - 1), &entry) || !(entry & _PAGE_PRESENT))
			return 0;
		if (shift < PGDIR_SHIFT && shift > PAGE_SHIFT && entry & _PAGE_PSE)
			return entry;
	}
	return entry;
}

static void show_fault_oops(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	unsigned long entry = error_code & X86_PF_INSTR ? leaf_entry(address) : 0;

	if (entry & _PAGE_NX)
		pr_crit("kernel tried to execute NX-protected page - exploit attempt?\n");
	else if (entry & _PAGE_USER && read_cr4() & X86_CR4_SMEP)
		pr_crit("unable to execute userspace code (SMEP?)\n");

	if (address < PAGE_SIZE)
		pr_alert("BUG: kernel NULL pointer dereference, address: %px\n", (void *)address);
	else
		pr_alert("BUG: unable to handle page fault for address: %px\n", (void *)address);
	pr_alert("#PF: %s %s in %s mode\n", error_code & X86_PF_USER ? "user" : "supervisor",
		 error_code & X86_PF_INSTR ? "instruction fetch" :
		 error_code & X86_PF_WRITE ? "write access" : "read access",
		 user_mode(regs) ? "user" : "kernel");
	pr_alert("#PF: error_code(0x%04lx) - %s\n", error_code,
		 !(error_code & X86_PF_PROT) ? "not-present page" :
		 error_code & X86_PF_RSVD ? "reserved bit violation" :
		 error_code & X86_PF_PK ? "protection keys violation" : "permissions violation");
	dump_pagetable(address);
}

bool on_stack_guard_page(unsigned long address)
{
	unsigned long stack = (unsigned long)(current ? current->stack : NULL);

	return stack && address < stack && address >= stack - PAGE_SIZE;
}

void handle_stack_overflow(const char *message, struct pt_regs *regs, unsigned long fault_address)
{
	pr_emerg("BUG: stack guard page was hit at %px (stack is %px..%px)\n", (void *)fault_address, current->stack,
		 (char *)current->stack + THREAD_SIZE - 1);
	die(message, regs, 0);
	panic("%s", message);		/* there is no stack on which the task could go on to die */
}

void page_fault_oops(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	unsigned long flags;

	if (on_stack_guard_page(address))
		handle_stack_overflow("kernel stack overflow (page fault)", regs, address);
	flags = oops_begin();
	show_fault_oops(regs, error_code, address);
	if (current && current->stack && READ_ONCE(*end_of_stack(current)) != STACK_END_MAGIC)
		pr_emerg("Thread overran stack, or stack corrupted\n");
	__die("Oops", regs, error_code);
	printk("CR2: %016lx\n", address);
	oops_end(flags, regs, SIGKILL);
	panic("Fatal exception");	/* the hook came back */
}

void double_fault_oops(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	preempt_count_add(NMI_OFFSET);
	if (on_stack_guard_page(address))
		handle_stack_overflow("kernel stack overflow (double-fault)", regs, address);
	pr_emerg("PANIC: double fault, error_code: 0x%lx\n", error_code);
	die("double fault", regs, error_code);
	panic("Machine halted.");
}
