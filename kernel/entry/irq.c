/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/entry/irq.c - device interrupts and NMIs that nobody has claimed.
 *
 * Every vector has a stub (entry_64.asm) and ends here. A vector without an owner is named in the log once; the interrupt
 * controllers are masked at boot, so what arrives is spurious.
 */
#include <primer/bitops.h>
#include <primer/preempt.h>
#include <primer/printk.h>
#include <primer/smp.h>
#include <asm/desc.h>
#include <asm/io.h>
#include <asm/traps.h>

static unsigned long named_vectors[IDT_ENTRIES / 64];

void common_interrupt_handler(struct pt_regs *regs, unsigned long vector)
{
	(void)regs;
	preempt_count_add(HARDIRQ_OFFSET);
	if (vector < IDT_ENTRIES && !test_and_set_bit(vector, named_vectors))
		pr_warn("do_IRQ: %d.%lu No irq handler for vector\n", raw_smp_processor_id(), vector);
	preempt_count_sub(HARDIRQ_OFFSET);
}

/* Port 61h, bits 7 and 6: memory parity error, I/O check (PC/AT technical reference). */
void handle_nmi(struct pt_regs *regs)
{
	u8 reason = inb(0x61);

	(void)regs;
	if (reason & 0x80)
		pr_emerg("NMI: memory parity error (port 61h: %02x) on CPU %d\n", reason, raw_smp_processor_id());
	else if (reason & 0x40)
		pr_emerg("NMI: I/O check (port 61h: %02x) on CPU %d\n", reason, raw_smp_processor_id());
	else
		pr_emerg("NMI: unknown reason %02x on CPU %d\n", reason, raw_smp_processor_id());
}
