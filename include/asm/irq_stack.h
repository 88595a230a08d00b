/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/irq_stack.h - each CPU's stack for interrupt handlers and softirqs.
 *
 * An interrupt that finds the kernel running may find its stack nearly full; handlers get a stack of their own instead of that
 * risk. It is entered once: hardirq_stack_ptr is its top while it is free and 0 while it is in use, so that an interrupt
 * of a handler (or of a softirq) stays where it is. From user mode the task's stack is empty and serves. The word at the top
 * is the stack pointer of whom it interrupted: the stack walker follows it.
 */
#ifndef ASM_IRQ_STACK_H
#define ASM_IRQ_STACK_H

#include <primer/compiler.h>
#include <primer/types.h>
#include <asm/page.h>
#include <asm/percpu.h>

#define IRQ_STACK_SIZE		THREAD_SIZE

DECLARE_PER_CPU(unsigned long, hardirq_stack_ptr);	/* [owner CPU, interrupts off] */
DECLARE_PER_CPU(unsigned long, hardirq_stack_top);	/* [immutable once set] 0: this CPU has none */

/* irq_stack_install - @stack, IRQ_STACK_SIZE bytes, is CPU @cpu's. Boot; before @cpu takes interrupts, or on it with interrupts off. */
void irq_stack_install(unsigned int cpu, void *stack);

/* irq_stack_bounds - is @sp on this CPU's interrupt stack? Then its bounds, and where the interrupted stack goes on. Context: any. */
bool irq_stack_bounds(unsigned long sp, unsigned long *low, unsigned long *high, unsigned long *next_sp);

/* call_on_irq_stack - call @fn on the interrupt stack if it is free, else here. Context: task or softirq, interrupts off. */
void call_on_irq_stack(void (*fn)(void));

#endif
