/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/process.c - the CPU's half of a task: its first stack frame, and what changes hands at a switch.
 *
 * A task that does not run is a kernel stack with a known frame on top. A new task is given such a frame by hand:
 *
 *	task_top_of_stack(p) ->	+------------------+
 *				| struct pt_regs   |  where user mode will continue: a copy of the parent's, with ax = 0
 *				+------------------+  (a kernel thread's is zero until it executes a program)
 *				| ret_from_fork    |  __switch_to_asm returns there
 *				| bp bx r12 .. r15 |  bx = function of a kernel thread or 0, r12 = its argument
 *	p->thread.sp ->		+------------------+
 *
 * At a switch, __switch_to_asm has changed stacks; __switch_to changes the rest: the FPU (fpu.c), the user's FS and GS base
 * and data selectors, current, and sp0, the stack of the next entry from user mode. Address spaces are changed before, by the
 * scheduler.
 *
 * FS and GS. In 64-bit mode a program uses them for thread-local data through their base, which it sets by arch_prctl(). The
 * base can also change by loading a selector: zero keeps it or clears it, by vendor; USER_DS sets it to 0. A nonzero selector
 * thus means base 0. While we are in the kernel the user's GS base is in MSR_KERNEL_GS_BASE.
 */
#include <primer/err.h>
#include <primer/preempt.h>
#include <primer/sched.h>
#include <primer/string.h>
#include <uapi/prctl.h>
#include <uapi/sched.h>
#include <asm/desc.h>
#include <asm/fpu.h>
#include <asm/irqflags.h>
#include <asm/msr.h>
#include <asm/prctl.h>
#include <asm/uaccess.h>

struct inactive_task_frame {
	unsigned long r15, r14, r13, r12, bx, bp;
	unsigned long ret_addr;
};

void ret_from_fork(void);

/* Remember what user mode left in the segment registers. Context: preemption disabled. */
static __always_inline void save_segments(struct thread_struct *t)
{
	__asm__ volatile("movw %%fs, %0; movw %%gs, %1; movw %%ds, %2; movw %%es, %3"
			 : "=m"(t->fsindex), "=m"(t->gsindex), "=m"(t->ds), "=m"(t->es));
	if (unlikely(t->fsindex))
		t->fsbase = 0;
	if (unlikely(t->gsindex))
		t->gsbase = 0;
}

/*
 * Load the GS selector without losing the kernel's GS base: a selector load writes the active base, so the user's is made the
 * active one for a moment. Interrupts must be off; an NMI in between looks at the base itself (paranoid_entry). A selector
 * that the GDT does not have faults and is replaced by 0.
 */
static void load_gs_index(unsigned short sel)
{
	unsigned long flags;

	local_irq_save(flags);
	__asm__ volatile("swapgs\n"
			 "1:\tmovl %k0, %%gs\n"
			 "2:\tmfence\n\tswapgs\n"
			 ".pushsection .text.fixup, \"ax\"\n3:\txorl %k0, %k0\n\tjmp 1b\n\t.popsection\n"
			 _ASM_EXTABLE(1b, 3b)
			 : "+r"(sel) :: "memory");
	local_irq_restore(flags);
}

static __always_inline void load_seg(unsigned short sel, char which)
{
	unsigned int s = sel;

#define LOAD(reg) __asm__ volatile("1:\tmovl %k0, %%" reg "\n2:\n" \
		".pushsection .text.fixup, \"ax\"\n3:\txorl %k0, %k0\n\tjmp 1b\n\t.popsection\n" _ASM_EXTABLE(1b, 3b) : "+r"(s))
	if (which == 'f')
		LOAD("fs");
	else if (which == 'd')
		LOAD("ds");
	else
		LOAD("es");
#undef LOAD
}

static __always_inline void load_segments(const struct thread_struct *prev, const struct thread_struct *next)
{
	if (unlikely(prev->ds | next->ds))
		load_seg(next->ds, 'd');
	if (unlikely(prev->es | next->es))
		load_seg(next->es, 'e');
	if (unlikely(prev->fsindex | next->fsindex))
		load_seg(next->fsindex, 'f');
	if (!next->fsindex)
		wrmsrq(MSR_FS_BASE, next->fsbase);
	if (unlikely(prev->gsindex | next->gsindex))
		load_gs_index(next->gsindex);
	if (!next->gsindex)
		wrmsrq(MSR_KERNEL_GS_BASE, next->gsbase);
}

struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next)
{
	switch_fpu(prev, next);

	/* A kernel thread's "user" registers are nobody's: it neither saves nor loads, and leaves the last user's alone. */
	save_segments(&prev->thread);
	if (!(next->flags & PF_KTHREAD))
		load_segments(&prev->thread, &next->thread);
	else {
		next->thread.fsindex = prev->thread.fsindex;
		next->thread.gsindex = prev->thread.gsindex;
		next->thread.ds = prev->thread.ds;
		next->thread.es = prev->thread.es;
	}

	this_cpu_write(current_task, next);
	load_sp0(task_top_of_stack(next));
	return prev;
}

int copy_thread(unsigned long flags, unsigned long usp, int (*fn)(void *), void *arg, struct task_struct *p, unsigned long tls)
{
	struct pt_regs *regs = task_pt_regs(p);
	struct inactive_task_frame *frame = (struct inactive_task_frame *)regs - 1;

	memset(frame, 0, sizeof(*frame));
	frame->ret_addr = (unsigned long)ret_from_fork;
	p->thread.sp = (unsigned long)frame;
	fpu__copy(p, current);

	if (fn) {
		memset(regs, 0, sizeof(*regs));
		frame->bx = (unsigned long)fn;
		frame->r12 = (unsigned long)arg;
		memset(&p->thread.es, 0, offsetof(struct thread_struct, fsbase) - offsetof(struct thread_struct, es));
		p->thread.fsbase = p->thread.gsbase = 0;
		return 0;
	}

	preempt_disable();
	save_segments(&current->thread);
	preempt_enable();
	p->thread.es = current->thread.es;
	p->thread.ds = current->thread.ds;
	p->thread.fsindex = current->thread.fsindex;
	p->thread.gsindex = current->thread.gsindex;
	p->thread.fsbase = current->thread.fsbase;
	p->thread.gsbase = current->thread.gsbase;

	*regs = *current_pt_regs();
	regs->ax = 0;
	if (usp)
		regs->sp = usp;
	if (flags & CLONE_SETTLS) {
		if (tls >= TASK_SIZE)
			return -EPERM;
		p->thread.fsindex = 0;
		p->thread.fsbase = tls;
	}
	return 0;
}

void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp)
{
	struct thread_struct none = { 0 };

	fpu__clear();
	preempt_disable();
	save_segments(&current->thread);
	load_segments(&current->thread, &none);
	memset(&current->thread.es, 0, offsetof(struct thread_struct, cr2) - offsetof(struct thread_struct, es));
	preempt_enable();

	memset(regs, 0, sizeof(*regs));
	regs->ip = ip;
	regs->sp = sp;
	regs->cs = __USER_CS;
	regs->ss = __USER_DS;
	regs->flags = X86_EFLAGS_IF | X86_EFLAGS_FIXED;
}

long do_arch_prctl_64(int option, unsigned long arg)
{
	struct thread_struct *t = &current->thread;
	long err = 0;

	switch (option) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		/* A base in the kernel's half would let the paranoid entries take user mode for the kernel. */
		if (arg >= TASK_SIZE)
			return -EPERM;
		preempt_disable();
		save_segments(t);
		if (option == ARCH_SET_FS) {
			if (t->fsindex)
				load_seg(0, 'f');
			t->fsindex = 0;
			t->fsbase = arg;
			wrmsrq(MSR_FS_BASE, arg);
		} else {
			if (t->gsindex)
				load_gs_index(0);
			t->gsindex = 0;
			t->gsbase = arg;
			wrmsrq(MSR_KERNEL_GS_BASE, arg);
		}
		preempt_enable();
		return 0;
	case ARCH_GET_FS:
	case ARCH_GET_GS: {
		unsigned long base;

		preempt_disable();
		save_segments(t);
		base = option == ARCH_GET_FS ? t->fsbase : t->gsbase;
		preempt_enable();
		err = put_user(base, (unsigned long *)arg);
		return err;
	}
	default:
		return -EINVAL;
	}
}
