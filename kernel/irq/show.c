/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/irq/show.c - the text of /proc/interrupts and /proc/softirqs, column for column as Linux has it, because programs (top, irqbalance,
 * mpstat) read it. fs/proc/interrupts.c makes the files.
 *
 *	            CPU0       CPU1
 *	   0:         43          0   IO-APIC   2-edge      timer		number, counts, chip, pin-flow, users
 *	 LOC:       1204       1187   Local timer interrupts			the CPU's own: asm/hardirq.h
 */
#include <primer/cpumask.h>
#include <primer/irq.h>
#include <primer/kernel_stat.h>
#include <primer/seq_buf.h>

#define PREC	3	/* width of the first column: digits of NR_IRQS */

void show_interrupts_header(struct seq_buf *s)
{
	unsigned int cpu;

	seq_buf_printf(s, "%*s", PREC + 8, "");
	for_each_online_cpu(cpu)
		seq_buf_printf(s, "CPU%-8d", (int)cpu);
	seq_buf_putc(s, '\n');
}

void show_interrupt(struct seq_buf *s, unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct irqaction *action;
	unsigned long flags;
	unsigned int cpu;

	if (!desc || (!READ_ONCE(desc->action) && !kstat_irqs_usr(irq)))
		return;
	seq_buf_printf(s, "%*u: ", PREC, irq);
	for_each_online_cpu(cpu)
		seq_buf_printf(s, "%10u ", kstat_irqs_cpu(irq, cpu));
	/* The lock keeps the list together; writing into a buffer does not sleep. */
	spin_lock_irqsave(&desc->lock, flags);
	seq_buf_printf(s, " %8s", desc->irq_data.chip->name);
	if (desc->irq_data.chip->irq_hwirq)
		seq_buf_printf(s, " %*u", PREC, desc->irq_data.chip->irq_hwirq(&desc->irq_data));
	else
		seq_buf_printf(s, " %*s", PREC, "");
	if (desc->name)
		seq_buf_printf(s, "-%-8s", desc->name);
	action = desc->action;
	if (action) {
		seq_buf_printf(s, "  %s", action->name);
		while ((action = action->next))
			seq_buf_printf(s, ", %s", action->name);
	}
	spin_unlock_irqrestore(&desc->lock, flags);
	seq_buf_putc(s, '\n');
}

/* The counters of asm/hardirq.h that have a line for each CPU. */
static const struct {
	char label[4];
	unsigned int offset;
	const char *what;
} cpu_lines[] = {
	{ "NMI", offsetof(irq_cpustat_t, __nmi_count), "Non-maskable interrupts" },
	{ "LOC", offsetof(irq_cpustat_t, apic_timer_irqs), "Local timer interrupts" },
	{ "SPU", offsetof(irq_cpustat_t, irq_spurious_count), "Spurious interrupts" },
	{ "PLT", offsetof(irq_cpustat_t, x86_platform_ipis), "Platform interrupts" },
	{ "RES", offsetof(irq_cpustat_t, irq_resched_count), "Rescheduling interrupts" },
	{ "CAL", offsetof(irq_cpustat_t, irq_call_count), "Function call interrupts" },
	{ "TLB", offsetof(irq_cpustat_t, irq_tlb_count), "TLB shootdowns" },
};

static unsigned int stat_at(unsigned int cpu, unsigned int offset)
{
	return READ_ONCE(*(unsigned int *)((char *)&per_cpu(irq_stat, cpu) + offset));
}

void arch_show_interrupts(struct seq_buf *s)
{
	unsigned int cpu, errors = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(cpu_lines); i++) {
		seq_buf_printf(s, "%*s: ", PREC, cpu_lines[i].label);
		for_each_online_cpu(cpu)
			seq_buf_printf(s, "%10u ", stat_at(cpu, cpu_lines[i].offset));
		seq_buf_printf(s, "  %s\n", cpu_lines[i].what);
	}
	for_each_possible_cpu(cpu)
		errors += irq_stat_read(irq_err_count, cpu);
	seq_buf_printf(s, "%*s: %10u\n", PREC, "ERR", errors);
}

/* What a CPU's share of /proc/stat's "intr" is beside the numbered ones. TLB flushes are among the calls. */
u64 arch_irq_stat_cpu(unsigned int cpu)
{
	u64 sum = irq_stat_read(irq_err_count, cpu);

	for (unsigned int i = 0; i < ARRAY_SIZE(cpu_lines) - 1; i++)
		sum += stat_at(cpu, cpu_lines[i].offset);
	return sum;
}

void show_softirqs(struct seq_buf *s)
{
	unsigned int cpu, nr;

	seq_buf_puts(s, "                    ");
	for_each_possible_cpu(cpu)
		seq_buf_printf(s, "CPU%-8d", (int)cpu);
	seq_buf_putc(s, '\n');
	for (nr = 0; nr < NR_SOFTIRQS; nr++) {
		seq_buf_printf(s, "%12s:", softirq_to_name[nr]);
		for_each_possible_cpu(cpu)
			seq_buf_printf(s, " %10u", kstat_softirqs_cpu(nr, cpu));
		seq_buf_putc(s, '\n');
	}
}
