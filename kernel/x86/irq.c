/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/irq.c - what each CPU keeps for interrupts: counters, the owners of the system vectors, the interrupt stack.
 *
 * The way of an interrupt through this kernel:
 *
 *	pin --> I/O APIC or 8259 --> local APIC --> IDT gate --> stub (kernel/entry/entry_64.asm) --> change of stack
 *	    --> common_interrupt()	vector_irq[] --> irq_desc --> flow --> handlers		devices, vectors 0x20 - 0xeb
 *	    --> sysvec_interrupt()	sysvec_table[] --> function				this file, vectors 0xec - 0xff
 *	    --> softirqs, preemption, return
 *
 * The table of system vectors stands in this room, below everyone who owns one (the TLB's shootdown, the scheduler's kick,
 * the timer): they hang their functions in and are called without being known.
 *
 * The interrupt stack. hardirq_stack_ptr is both the address and the lock of it:
 *
 *	 top	+------------------------+ <- hardirq_stack_top
 *		| rsp of the interrupted | <- rsp after the change; the walker of stacks reads it
 *		| frames of the handlers |		hardirq_stack_ptr: top while free, 0 while somebody is on it
 *		| ...			 |
 *		+------------------------+
 *	 guard	| not mapped             |
 *
 * Only this CPU looks at the pointer, and only with interrupts off, so a plain load and store do. NMIs have a stack of their own
 * and never touch it.
 *
 * Linux: arch/x86/kernel/irq.c, irq_64.c. There each system vector has a stub of its own, whose function is known when
 * the kernel is built (DEFINE_IDTENTRY_SYSVEC). The table costs a load, and lets rooms above own vectors.
 */
#include <primer/bug.h>
#include <primer/kernel.h>
#include <primer/preempt.h>
#include <asm/barrier.h>
#include <asm/hardirq.h>
#include <asm/irq_stack.h>
#include <asm/irq_vectors.h>
#include <asm/irqflags.h>

DEFINE_PER_CPU_ALIGNED(irq_cpustat_t, irq_stat);
DEFINE_PER_CPU(struct pt_regs *, __irq_regs);
DEFINE_PER_CPU(unsigned long, hardirq_stack_ptr);
DEFINE_PER_CPU(unsigned long, hardirq_stack_top);

struct sysvec sysvec_table[NR_SYSTEM_VECTORS] __read_mostly;

void set_sysvec(unsigned int vector, void (*fn)(struct pt_regs *regs), unsigned int flags)
{
	struct sysvec *v;

	if (WARN_ON(vector < FIRST_SYSTEM_VECTOR || vector >= NR_VECTORS))
		return;
	v = &sysvec_table[vector - FIRST_SYSTEM_VECTOR];
	/* The flags mean nothing without a function: they go first. */
	WRITE_ONCE(v->flags, flags);
	smp_store_release(&v->fn, fn);		/* pairs with the entry's load: only a vector that is not yet used changes hands */
}

void irq_stack_install(unsigned int cpu, void *stack)
{
	unsigned long top = (unsigned long)stack + IRQ_STACK_SIZE;

	per_cpu(hardirq_stack_top, cpu) = top;
	per_cpu(hardirq_stack_ptr, cpu) = top;
}

bool irq_stack_bounds(unsigned long sp, unsigned long *low, unsigned long *high, unsigned long *next_sp)
{
	unsigned long top = this_cpu_read(hardirq_stack_top);

	if (!top || sp < top - IRQ_STACK_SIZE || sp >= top)
		return false;
	*low = top - IRQ_STACK_SIZE;
	*high = top - sizeof(long);
	*next_sp = *(unsigned long *)*high;
	return sp < *high;
}

void call_on_irq_stack(void (*fn)(void))
{
	unsigned long top = this_cpu_read(hardirq_stack_ptr);

	WARN_ON_ONCE(!irqs_disabled());
	if (!top) {
		fn();
		return;
	}
	this_cpu_write(hardirq_stack_ptr, 0);
	/* As the entry code does it; RBP keeps pointing at this function's frame, on the other stack. */
	__asm__ volatile("movq %%rsp, -8(%[top])\n\t"
			 "leaq -8(%[top]), %%rsp\n\t"
			 "call *%[fn]\n\t"
			 "popq %%rsp"
			 : : [top] "b"(top), [fn] "r"(fn)
			 : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
	this_cpu_write(hardirq_stack_ptr, top);
}
