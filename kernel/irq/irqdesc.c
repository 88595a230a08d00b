/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/irq/irqdesc.c - the lines, by number and by vector.
 *
 * Three numbers speak of one thing, and are easily confused:
 *
 *	interrupt number	Linux's: what request_irq() and /proc/interrupts say. Ours to give: the GSI, ISA lines by old custom
 *	pin, GSI		the I/O APIC's: where the wire ends
 *	vector			the CPU's: which IDT gate
 *
 *	irq_descs[number] --> irq_desc { irq_data.vector, chip, chip_data --> pin }
 *	vector_irq[vector] -->'
 *
 * One table of vectors for all CPUs. Linux keeps one per CPU, so that a machine can have more interrupts than there are vectors; the
 * price is that moving a line to another CPU needs a new vector there while the old one may still be in flight, and a clean-up by
 * IPI afterwards. Here a vector means the same line on every CPU: a move is one write to the controller, and whichever CPU gets the
 * last interrupt of the old setting knows what it means. The price: no more than some 180 lines.
 *
 * Locking. vector_lock for both tables' writers; readers need nothing, since a line is complete before it is published and
 * stays for ever.
 *
 * Interrupt stacks of all CPUs are allocated here too, because the room that uses them lies below all allocators.
 */
#include <primer/build_bug.h>
#include <primer/err.h>
#include <primer/errno.h>
#include <primer/init.h>
#include <primer/irq.h>
#include <primer/mm.h>
#include <primer/percpu.h>
#include <primer/printk.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <primer/vmalloc.h>
#include <asm/apic.h>
#include <asm/irq_stack.h>

#include "internals.h"

struct irq_desc *irq_descs[NR_IRQS] __read_mostly;		/* [vector_lock to write] */
struct irq_desc *vector_irq[NR_VECTORS] __read_mostly;		/* [vector_lock to write] */
static DEFINE_SPINLOCK(vector_lock, LOCK_RANK_IRQ_CHIP);	/* taken with desc->lock held; interrupts off */
cpumask_t irq_default_affinity = CPU_MASK_ALL;

static struct irq_chip no_irq_chip = { .name = "none" };

static struct irq_desc *new_desc(unsigned int irq)
{
	struct irq_desc *desc = kzalloc(sizeof(*desc), GFP_KERNEL);

	if (!desc)
		return NULL;
	desc->kstat_irqs = alloc_percpu(unsigned int);
	if (!desc->kstat_irqs) {
		kfree(desc);
		return NULL;
	}
	spin_lock_init(&desc->lock, LOCK_RANK_IRQ_DESC);
	desc->irq_data.irq = irq;
	desc->irq_data.chip = &no_irq_chip;
	desc->irq_data.affinity = irq_default_affinity;
	desc->handle_irq = handle_bad_irq;
	desc->istate = IRQS_DISABLED | IRQS_MASKED;
	desc->depth = 1;
	return desc;
}

struct irq_desc *irq_desc_alloc(unsigned int irq)
{
	struct irq_desc *desc, *other;
	unsigned long flags;

	if (irq >= NR_IRQS)
		return ERR_PTR(-EINVAL);
	if (irq_to_desc(irq))
		return irq_to_desc(irq);
	desc = new_desc(irq);
	if (!desc)
		return ERR_PTR(-ENOMEM);
	spin_lock_irqsave(&vector_lock, flags);
	other = irq_descs[irq];
	if (!other)
		smp_store_release(&irq_descs[irq], desc);	/* pairs with irq_to_desc()'s READ_ONCE() and its address dependency */
	spin_unlock_irqrestore(&vector_lock, flags);
	if (!other)
		return desc;
	free_percpu(desc->kstat_irqs);
	kfree(desc);
	return other;
}

int irq_alloc_number(unsigned int from)
{
	for (; from < NR_IRQS; from++) {
		struct irq_desc *desc = irq_to_desc(from);

		if (!desc) {
			desc = irq_desc_alloc(from);
			return IS_ERR(desc) ? (int)PTR_ERR(desc) : (int)from;
		}
		if (desc->irq_data.chip == &no_irq_chip && from >= NR_ISA_IRQS)
			return from;
	}
	return -ENOSPC;
}

void irq_desc_release(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;
	unsigned int cpu;

	if (!desc || WARN_ON(desc->action))
		return;
	free_irq_vector(irq);
	spin_lock_irqsave(&desc->lock, flags);
	desc->handle_irq = handle_bad_irq;
	desc->irq_data = (struct irq_data){ .irq = irq, .chip = &no_irq_chip, .affinity = irq_default_affinity };
	desc->name = NULL;
	desc->istate = IRQS_DISABLED | IRQS_MASKED;
	spin_unlock_irqrestore(&desc->lock, flags);
	for_each_possible_cpu(cpu)
		*per_cpu_ptr(desc->kstat_irqs, cpu) = 0;
}

/* ---- vectors ------------------------------------------------------------------------------------------------------ */

static int free_vector(void)
{
	for (int v = FIRST_DEVICE_VECTOR; v < FIRST_SYSTEM_VECTOR; v++) {
		if (v != IA32_SYSCALL_VECTOR && !vector_irq[v])
			return v;
	}
	return -ENOSPC;
}

int assign_irq_vector(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;
	int vector;

	if (!desc)
		return -EINVAL;
	spin_lock_irqsave(&vector_lock, flags);
	vector = desc->irq_data.vector;
	if (!vector) {
		vector = irq < NR_ISA_IRQS ? ISA_IRQ_VECTOR((int)irq) : free_vector();
		if (vector > 0) {
			desc->irq_data.vector = vector;
			WRITE_ONCE(vector_irq[vector], desc);
		}
	}
	spin_unlock_irqrestore(&vector_lock, flags);
	return vector;
}

void free_irq_vector(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;

	if (!desc)
		return;
	spin_lock_irqsave(&vector_lock, flags);
	if (desc->irq_data.vector)
		WRITE_ONCE(vector_irq[desc->irq_data.vector], NULL);
	desc->irq_data.vector = 0;
	spin_unlock_irqrestore(&vector_lock, flags);
}

/*
 * A vector without a line: the line was given up with an interrupt in flight, or hardware invents one. The APIC has put it into service
 * all the same. A vector that came past the APIC, from the 8259s, has not; but these lines always have an owner.
 */
void handle_unowned_vector(unsigned int vector)
{
	inc_irq_stat(irq_err_count);
	pr_emerg_ratelimited("common_interrupt: %d.%u No irq handler for vector\n", raw_smp_processor_id(), vector);
	if (apic_enabled)
		apic_eoi();
}

int generic_handle_irq(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);

	if (!desc)
		return -EINVAL;
	generic_handle_irq_desc(desc);
	return 0;
}

unsigned int kstat_irqs_cpu(unsigned int irq, unsigned int cpu)
{
	struct irq_desc *desc = irq_to_desc(irq);

	return desc ? READ_ONCE(*per_cpu_ptr(desc->kstat_irqs, cpu)) : 0;
}

unsigned int kstat_irqs_usr(unsigned int irq)
{
	unsigned int cpu, sum = 0;

	for_each_possible_cpu(cpu)
		sum += kstat_irqs_cpu(irq, cpu);
	return sum;
}

/* ---- boot --------------------------------------------------------------------------------------------------------- */

int irq_init_percpu_irqstack(unsigned int cpu)
{
	void *stack;

	BUILD_BUG_ON(IRQ_STACK_SIZE != THREAD_SIZE);
	if (per_cpu(hardirq_stack_top, cpu))
		return 0;
	stack = alloc_thread_stack(-1);
	if (!stack)
		return -ENOMEM;
	irq_stack_install(cpu, stack);
	return 0;
}

void __init early_irq_init(void)
{
	if (irq_init_percpu_irqstack(0))
		panic("no memory for the boot CPU's interrupt stack");
	for (unsigned int irq = 0; irq < NR_ISA_IRQS; irq++) {
		if (IS_ERR(irq_desc_alloc(irq)))
			panic("no memory for the ISA interrupts");
	}
	pr_info("NR_IRQS: %d, nr_irqs: %d, preallocated irqs: %d\n", NR_IRQS, nr_irqs, NR_ISA_IRQS);
}
