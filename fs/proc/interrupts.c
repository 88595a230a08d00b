/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/interrupts.c - /proc/interrupts, /proc/softirqs, and the directory /proc/irq, where lines are moved between CPUs.
 *
 *	/proc/irq/default_smp_affinity		where lines go that nobody has moved
 *	/proc/irq/N/smp_affinity		a mask of CPUs, in hexadecimal; to be written by root
 *	/proc/irq/N/smp_affinity_list		the same as a list: 0-3,8
 *	/proc/irq/N/effective_affinity[_list]	where the controller really sends it: one CPU of these
 *	/proc/irq/N/node			of the line's controller: where the boot CPU is
 *	/proc/irq/N/spurious			the counts by which a line is judged (kernel/irq/spurious.c)
 *
 * The text of the first two is kernel/irq/show.c's. N has a directory when there is a controller behind it at boot.
 *
 * Locking: none here. A mask is one word, so a reader sees the old or the new one; show_interrupt() and
 * irq_set_affinity() take the line's lock themselves.
 *
 * Linux: fs/proc/interrupts.c, fs/proc/softirqs.c, kernel/irq/proc.c. It also has what a driver would like best
 * (affinity_hint), and in N a directory for each of the line's users.
 */
#include <primer/bitmap.h>
#include <primer/init.h>
#include <primer/irq.h>
#include <primer/kstrtox.h>
#include <primer/seq_buf.h>
#include <primer/seq_file.h>
#include <primer/slab.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <asm/topology.h>
#include <asm/uaccess.h>

#include "internal.h"

/* ---- /proc/interrupts: record N is line N, the last one the CPUs' own --------------------------------------------- */

static void *int_seq_start(struct seq_file *m, loff_t *pos)
{
	return *pos <= NR_IRQS ? pos : NULL;
}

static void *int_seq_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return int_seq_start(m, pos);
}

static void int_seq_stop(struct seq_file *m, void *v)	{ }

static int int_seq_show(struct seq_file *m, void *v)
{
	unsigned int irq = *(loff_t *)v;
	struct seq_buf s;

	seq_buf_init(&s, m->buf + m->count, m->size - m->count);
	if (!irq)
		show_interrupts_header(&s);
	if (irq < NR_IRQS)
		show_interrupt(&s, irq);
	else
		arch_show_interrupts(&s);
	m->count = seq_buf_has_overflowed(&s) ? m->size : m->count + seq_buf_used(&s);
	return 0;
}

static const struct seq_operations int_seq_ops = {
	.start = int_seq_start, .next = int_seq_next, .stop = int_seq_stop, .show = int_seq_show,
};

static int interrupts_open(struct inode *inode, struct file *file)
{
	return seq_open(file, &int_seq_ops);
}

static const struct file_operations interrupts_operations = {
	.open = interrupts_open, .read_iter = seq_read_iter, .llseek = seq_lseek, .release = seq_release,
};

static int softirqs_show(struct seq_file *m, void *v)
{
	seq_show_buf(m, show_softirqs);
	return 0;
}

/* ---- /proc/irq ------------------------------------------------------------------------------------------------------ */

/* What a file shows; its data is the line's number and this. */
enum affinity_file { SMP_AFFINITY, SMP_AFFINITY_LIST, EFFECTIVE, EFFECTIVE_LIST, DEFAULT_AFFINITY, NR_AFFINITY_FILES };
#define FILE_DATA(irq, what)	((void *)((unsigned long)(irq) * NR_AFFINITY_FILES + (what)))
#define DATA_IRQ(data)		((unsigned int)((unsigned long)(data) / NR_AFFINITY_FILES))
#define DATA_WHAT(data)		((enum affinity_file)((unsigned long)(data) % NR_AFFINITY_FILES))

static int affinity_show(struct seq_file *m, void *v)
{
	enum affinity_file what = DATA_WHAT(m->private);
	struct irq_desc *desc = irq_to_desc(DATA_IRQ(m->private));
	cpumask_t mask;

	if (what == DEFAULT_AFFINITY)
		mask = irq_default_affinity;
	else if (what == SMP_AFFINITY || what == SMP_AFFINITY_LIST)
		mask = desc->irq_data.affinity;
	else
		mask = desc->irq_data.effective_affinity;
	cpumask_and(&mask, &mask, cpu_possible_mask);
	seq_printf(m, what == SMP_AFFINITY_LIST || what == EFFECTIVE_LIST ? "%*pbl\n" : "%*pb\n", (int)nr_cpu_ids, mask.bits);
	return 0;
}

static int affinity_open(struct inode *inode, struct file *file)
{
	return single_open(file, affinity_show, proc_get_data(inode));
}

/* "f", "ff,ffffffff": groups of at most 32 bits, the highest first. */
static int parse_mask(char *text, unsigned long *mask)
{
	unsigned int group;
	char *word;
	int ret;

	text = strim(text);
	*mask = 0;
	do {
		word = strsep(&text, ",");
		if (strlen(word) > 8)
			return -EOVERFLOW;
		ret = kstrtouint(word, 16, &group);
		if (ret)
			return ret;
		if (*mask >> 32)
			return -EOVERFLOW;
		*mask = *mask << 32 | group;
	} while (text);
	return 0;
}

static ssize_t affinity_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct seq_file *m = file->private_data;
	enum affinity_file what = DATA_WHAT(m->private);
	cpumask_t mask;
	char text[64];
	int ret;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, count))
		return -EFAULT;
	text[count] = '\0';
	ret = what == SMP_AFFINITY_LIST ? bitmap_parselist(strim(text), mask.bits, NR_CPUS) : parse_mask(text, mask.bits);
	if (ret)
		return ret;
	if (!cpumask_intersects(&mask, cpu_online_mask))
		return -EINVAL;
	if (what == DEFAULT_AFFINITY) {
		irq_default_affinity = mask;
		return count;
	}
	ret = irq_set_affinity(DATA_IRQ(m->private), &mask);
	return ret ?: (ssize_t)count;
}

static const struct file_operations affinity_operations = {
	.open = affinity_open,
	.read_iter = seq_read_iter,
	.write = affinity_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int node_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", cpu_to_node(0));
	return 0;
}

static int spurious_show(struct seq_file *m, void *v)
{
	struct irq_desc *desc = irq_to_desc((unsigned long)m->private);

	seq_printf(m, "count %u\nunhandled %u\nlast_unhandled %llu ms\n", desc->irq_count, desc->irqs_unhandled,
		   desc->last_unhandled / 1000000);
	return 0;
}

static void __init register_irq_proc(struct proc_dir_entry *root, unsigned int irq)
{
	struct proc_dir_entry *dir;
	char *name = kasprintf(GFP_KERNEL, "%u", irq);

	dir = name ? proc_mkdir(name, root) : NULL;
	if (!dir) {
		kfree(name);
		return;
	}
	proc_create_data("smp_affinity", 0644, dir, &affinity_operations, FILE_DATA(irq, SMP_AFFINITY));
	proc_create_data("smp_affinity_list", 0644, dir, &affinity_operations, FILE_DATA(irq, SMP_AFFINITY_LIST));
	proc_create_single_data("effective_affinity", 0444, dir, affinity_show, FILE_DATA(irq, EFFECTIVE));
	proc_create_single_data("effective_affinity_list", 0444, dir, affinity_show, FILE_DATA(irq, EFFECTIVE_LIST));
	proc_create_single("node", 0444, dir, node_show);
	proc_create_single_data("spurious", 0444, dir, spurious_show, (void *)(unsigned long)irq);
}

static int __init proc_interrupts_init(void)
{
	struct proc_dir_entry *root;

	proc_create("interrupts", 0, NULL, &interrupts_operations);
	proc_create_single("softirqs", 0, NULL, softirqs_show);
	root = proc_mkdir("irq", NULL);
	if (!root)
		return -ENOMEM;
	proc_create_data("default_smp_affinity", 0644, root, &affinity_operations, FILE_DATA(0, DEFAULT_AFFINITY));
	for (unsigned int irq = 0; irq < NR_IRQS; irq++) {
		struct irq_desc *desc = irq_to_desc(irq);

		if (desc && desc->handle_irq != handle_bad_irq)
			register_irq_proc(root, irq);
	}
	return 0;
}
fs_initcall(proc_interrupts_init);
