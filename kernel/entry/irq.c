/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/entry/irq.c - the first C of an interrupt: from the vector to the line or to the function that owns it.
 *
 * entry_64.asm has saved the registers and changed to the interrupt stack (unless user mode was interrupted, whose kernel stack is empty).
 * Interrupts are off until the IRET, but for the softirqs that irq_exit() serves. What remains to be decided on the way out, the
 * assembly does: to user mode through exit_to_user_mode(), to the kernel through preempt_schedule_irq() if the interrupted code
 * was preemptible and somebody better wants the CPU.
 *
 * A device's vector has a line, and the line's controller is told when it is served: before the handlers or after them, as the flow wants it.
 * A system vector is acknowledged first: its sender does not repeat it, and the handler may well send one itself.
 */
#include <primer/hardirq.h>
#include <primer/irq.h>
#include <asm/apic.h>
#include <asm/hardirq.h>
#include <asm/irq_vectors.h>
#include <asm/traps.h>

void common_interrupt(struct pt_regs *regs, unsigned long vector)
{
	struct pt_regs *old_regs = set_irq_regs(regs);
	struct irq_desc *desc;

	irq_enter();
	desc = READ_ONCE(vector_irq[vector]);
	if (likely(desc))
		generic_handle_irq_desc(desc);
	else
		handle_unowned_vector(vector);
	irq_exit();
	this_cpu_write(__irq_regs, old_regs);
}

void sysvec_interrupt(struct pt_regs *regs, unsigned long vector)
{
	const struct sysvec *v = &sysvec_table[vector - FIRST_SYSTEM_VECTOR];
	struct pt_regs *old_regs;

	if (unlikely(!v->fn)) {
		irq_enter();
		handle_unowned_vector(vector);
		irq_exit();
		return;
	}
	if (likely(!(v->flags & SYSVEC_NOACK)))
		apic_eoi();
	if (v->flags & SYSVEC_SIMPLE) {
		v->fn(regs);
		return;
	}
	old_regs = set_irq_regs(regs);
	irq_enter();
	v->fn(regs);
	irq_exit();
	this_cpu_write(__irq_regs, old_regs);
}
