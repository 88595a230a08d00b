/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/trace/dumpstack.c - registers, code bytes and stacks as text, in the form that every kernel hacker (and every
 * symboliser script) knows from Linux.
 *
 *	CPU: 0 PID: 1 Comm: init Not tainted 5.10.0 #1	who
 *	RIP: 0010:vfs_read+0x2a/0x180			where
 *	Code: 48 89 e5 ... <48> 8b 07 ...		the bytes around it; <> is the one at RIP
 *	RSP: 0018:ffffc90000013e50 EFLAGS: 00010246
 *	RAX: ...
 *	Call Trace:
 *	 <TASK>
 *	 ? printk+0x18/0x30				a code address on the stack that is part of no frame
 *	 ksys_read+0x50/0xb0				a return address: this function called the one above
 *	 entry_SYSCALL_64+0x6a/0x90
 *	RIP: 0033:0x401c32				where user mode came in
 *	 </TASK>
 *
 * The trace merges two readings of the stack. The unwinder follows frames and is exact, but may miss a function or be
 * stopped by damage. A scan of every word misses nothing, but also finds the remains of calls long returned. So each
 * word that is a code address is printed, and those where the unwinder agrees are printed without "?".
 *
 * Nothing here takes a lock or follows a pointer that has not been checked. A full report needs about 1 KiB of stack:
 * double faults print it from a stack of one page.
 */
#include <primer/kallsyms.h>
#include <primer/kdebug.h>
#include <primer/kernel.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/stacktrace.h>
#include <primer/version.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/uaccess.h>

/*
 * ---- stacks
 * -----------------------------------------------------------------------------------------------------------
 */

static void print_address(unsigned long addr, bool reliable, const char *log_lvl)
{
	printk("%s %s%pB\n", log_lvl, reliable ? "" : "? ", (void *)addr);
}

/* Registers that the walk came across: an exception inside the kernel, or the way in from user mode. */
static void show_regs_on_stack(struct pt_regs *regs, const char *log_lvl)
{
	if (regs)
		__show_regs(regs, false, log_lvl);
}

void show_trace_log_lvl(struct task_struct *task, struct pt_regs *regs, unsigned long *sp, const char *log_lvl)
{
	struct stack_info info;
	struct unwind_state state;
	unsigned long addr = (unsigned long)sp, visited = 0;

	printk("%sCall Trace:\n", log_lvl);
	unwind_start(&state, task, regs);
	if (regs) {
		addr = regs->sp;
		/* A stack pointer that is nonsense may be why we are here; perhaps the frame pointer is still good. */
		if (!get_stack_info(addr, task, &info) && !get_stack_info(PAGE_ALIGN(addr), task, &info))
			addr = regs->bp;
		unwind_next(&state);		/* RIP is out already */
	} else {
		/* Leave out the printing functions themselves. */
		while (!unwind_done(&state) && (unsigned long)unwind_get_return_address_ptr(&state) < addr)
			unwind_next(&state);
	}
	addr = ALIGN(addr, sizeof(long));	/* an odd one is possible: a frame of registers */

	while (addr) {
		const char *name;

		/* A stack that overflowed has its pointer in the guard page: begin at the page above. */
		if (!get_stack_info(addr, task, &info) && !get_stack_info(PAGE_ALIGN(addr), task, &info))
			break;
		if (addr < info.begin)
			addr = info.begin;
		if (visited & 1UL << info.type)
			break;
		visited |= 1UL << info.type;
		name = stack_type_name(info.type);
		if (name)
			printk("%s <%s>\n", log_lvl, name);
		for (; addr < info.end; addr += sizeof(long)) {
			unsigned long word = READ_ONCE(*(unsigned long *)addr);
			bool reliable = addr == (unsigned long)unwind_get_return_address_ptr(&state);

			if (kernel_text_address(word))
				print_address(word, reliable, log_lvl);
			if (reliable) {
				unwind_next(&state);
				show_regs_on_stack(state.entry_regs, log_lvl);
			}
		}
		if (name)
			printk("%s </%s>\n", log_lvl, name);
		addr = info.next_sp;
	}
}

void show_stack(struct task_struct *task, unsigned long *sp, const char *log_lvl)
{
	if (!task)
		task = current;
	if (!sp)
		sp = task == current ? __builtin_frame_address(0) : (void *)task->thread.sp;
	show_trace_log_lvl(task, NULL, sp, log_lvl);
}

/*
 * ---- registers
 * --------------------------------------------------------------------------------------------------------
 */

void dump_stack_print_info(const char *log_lvl)
{
	struct task_struct *task = current;

	printk("%sCPU: %d PID: %d Comm: %.20s %s %s %.2s\n", log_lvl, (int)smp_processor_id(), task ? task->pid : 0,
	       task ? task->comm : "swapper", print_tainted(), UTS_RELEASE, UTS_VERSION);
}

#define OPCODE_BYTES		64
#define OPCODE_PROLOGUE		42	/* of these, in front of RIP */

void show_opcodes(struct pt_regs *regs, const char *log_lvl)
{
	u8 code[OPCODE_BYTES];
	unsigned long from = regs->ip - OPCODE_PROLOGUE;

	/* User code is not shown: reading it might sleep. */
	if (user_mode(regs))
		return;
	if (copy_from_kernel_nofault(code, (void *)from, sizeof(code))) {
		printk("%sCode: Unable to access opcode bytes at RIP 0x%lx.\n", log_lvl, from);
		return;
	}
	printk("%sCode: %*ph <%02x> %*ph\n", log_lvl, OPCODE_PROLOGUE, code, code[OPCODE_PROLOGUE],
	       OPCODE_BYTES - OPCODE_PROLOGUE - 1, code + OPCODE_PROLOGUE + 1);
}

static void show_ip(struct pt_regs *regs, const char *log_lvl)
{
	if (user_mode(regs))
		printk("%sRIP: %04x:0x%lx\n", log_lvl, (int)regs->cs, regs->ip);
	else
		printk("%sRIP: %04x:%pS\n", log_lvl, (int)regs->cs, (void *)regs->ip);
	show_opcodes(regs, log_lvl);
}

#define read_segment(seg) ({ unsigned int __s; __asm__ volatile("movl %%" #seg ", %0" : "=r"(__s)); __s & 0xffff; })

void __show_regs(struct pt_regs *regs, bool all, const char *log_lvl)
{
	show_ip(regs, log_lvl);
	printk("%sRSP: %04x:%016lx EFLAGS: %08lx", log_lvl, (int)regs->ss, regs->sp, regs->flags);
	if (regs->orig_ax != -1UL)
		pr_cont(" ORIG_RAX: %016lx", regs->orig_ax);
	pr_cont("\n");
	printk("%sRAX: %016lx RBX: %016lx RCX: %016lx\n", log_lvl, regs->ax, regs->bx, regs->cx);
	printk("%sRDX: %016lx RSI: %016lx RDI: %016lx\n", log_lvl, regs->dx, regs->si, regs->di);
	printk("%sRBP: %016lx R08: %016lx R09: %016lx\n", log_lvl, regs->bp, regs->r8, regs->r9);
	printk("%sR10: %016lx R11: %016lx R12: %016lx\n", log_lvl, regs->r10, regs->r11, regs->r12);
	printk("%sR13: %016lx R14: %016lx R15: %016lx\n", log_lvl, regs->r13, regs->r14, regs->r15);
	if (!all)
		return;
	printk("%sFS:  %016llx(%04x) GS:%016llx(%04x) knlGS:%016llx\n", log_lvl, rdmsrq(MSR_FS_BASE), read_segment(fs),
	       rdmsrq(MSR_GS_BASE), read_segment(gs), rdmsrq(MSR_KERNEL_GS_BASE));
	printk("%sCS:  %04x DS: %04x ES: %04x CR0: %016lx\n", log_lvl, (int)regs->cs, read_segment(ds),
	       read_segment(es), read_cr0());
	printk("%sCR2: %016lx CR3: %016lx CR4: %016lx\n", log_lvl, read_cr2(), read_cr3(), read_cr4());
}

void show_regs(struct pt_regs *regs)
{
	dump_stack_print_info(KERN_DEFAULT);
	__show_regs(regs, true, KERN_DEFAULT);
	if (!user_mode(regs))
		show_trace_log_lvl(current, regs, NULL, KERN_DEFAULT);
}

/*
 * ---- lent to the rooms below
 * ------------------------------------------------------------------------------------------
 */

static void trace_dump_stack(const char *log_lvl)
{
	dump_stack_print_info(log_lvl);
	show_trace_log_lvl(current, NULL, __builtin_frame_address(0), log_lvl);
}

void stack_trace_early_init(void)
{
	kallsyms_early_init();
	dump_stack_hook = trace_dump_stack;
}
