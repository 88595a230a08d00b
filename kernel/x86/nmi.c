/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/nmi.c - whose non-maskable interrupt is it?
 *
 * An NMI comes when the hardware found an error, or when another CPU wants this one to stop or to show its stack whatever it is doing.
 * The line is one for all reasons, so everybody who may have caused it is asked:
 *
 *	NMI_LOCAL	requests between CPUs: each CPU knows from a word in memory whether it was meant
 *	port 61h	parity error (bit 7), I/O check (bit 6): one for the machine, so one CPU at a time looks
 *	NMI_UNKNOWN	who can explain the rest
 *
 * Two requests may arrive as one NMI, because the CPU remembers only one while it serves another. So all local handlers are
 * asked, not only the first who says yes.
 *
 * Locking. An NMI may interrupt whoever changes a list, so it takes no lock: it counts itself in nmi_walkers and reads. Changes are
 * one store each and leave the list whole; who has unlinked an action waits until there are no walkers before it goes away.
 *
 * Reference: Intel SDM vol. 3, 6.7. Linux (arch/x86/kernel/nmi.c) waits with RCU, and survives an NMI inside an NMI, which an IRET of a fault in the handler would let in; our handlers must not fault.
 */
#include <primer/atomic.h>
#include <primer/bitops.h>
#include <primer/bug.h>
#include <primer/printk.h>
#include <primer/smp.h>
#include <asm/hardirq.h>
#include <asm/io.h>
#include <asm/irqflags.h>
#include <asm/nmi.h>

#define NMI_REASON_PORT		0x61
#define NMI_REASON_SERR		0x80
#define NMI_REASON_IOCHK	0x40
#define NMI_REASON_CLEAR_SERR	0x04	/* written as 1: hold the bit cleared */
#define NMI_REASON_CLEAR_IOCHK	0x08
#define NMI_REASON_CLEAR_MASK	0x0f

static struct nmiaction *nmi_actions[NMI_MAX];
static unsigned long nmi_list_busy;		/* bit 0: somebody changes a list */
static atomic_t nmi_walkers;			/* CPUs that are reading the lists */
static unsigned long nmi_reason_busy;		/* bit 0: a CPU is at port 61h. Never waited for */

/* Tasks of different CPUs; one that is interrupted here does not hold up anybody for long. */
static void lock_list(void)
{
	preempt_disable();
	while (test_and_set_bit_lock(0, &nmi_list_busy))
		cpu_relax();
}

static void unlock_list(void)
{
	clear_bit_unlock(0, &nmi_list_busy);
	preempt_enable();
}

void register_nmi_handler(unsigned int type, struct nmiaction *action)
{
	lock_list();
	action->next = nmi_actions[type];
	smp_store_release(&nmi_actions[type], action);	/* pairs with the READ_ONCE() in nmi_handle() */
	unlock_list();
}

void unregister_nmi_handler(unsigned int type, struct nmiaction *action)
{
	struct nmiaction **p;

	lock_list();
	for (p = &nmi_actions[type]; *p && *p != action; p = &(*p)->next)
		;
	if (!WARN_ON(!*p))
		WRITE_ONCE(*p, action->next);
	unlock_list();
	smp_mb();	/* unlinked before we look for walkers: pairs with the atomic in nmi_handle() */
	while (atomic_read(&nmi_walkers))
		cpu_relax();
}

int nmi_handle(unsigned int type, struct pt_regs *regs)
{
	struct nmiaction *a;
	int handled = 0;

	atomic_inc(&nmi_walkers);	/* locked, so a full barrier: before the list is read */
	for (a = READ_ONCE(nmi_actions[type]); a; a = READ_ONCE(a->next))
		handled += a->handler(type, regs);
	smp_mb__before_atomic();
	atomic_dec(&nmi_walkers);
	return handled;
}

static void reason_error(unsigned int type, const char *what, u8 reason, u8 clear, struct pt_regs *regs)
{
	if (!nmi_handle(type, regs)) {
		pr_emerg("NMI: %s error for reason %02x on CPU %d.\n", what, reason, raw_smp_processor_id());
		pr_emerg("Dazed and confused, but trying to continue\n");
	}
	outb((reason & NMI_REASON_CLEAR_MASK) | clear, NMI_REASON_PORT);
}

void default_do_nmi(struct pt_regs *regs)
{
	u8 reason;

	inc_irq_stat(__nmi_count);
	if (nmi_handle(NMI_LOCAL, regs))
		return;
	/* Whoever does not get the port would see the same reason: its reader reports it. */
	if (test_and_set_bit(0, &nmi_reason_busy))
		return;
	reason = inb(NMI_REASON_PORT);
	if (reason & NMI_REASON_SERR)
		reason_error(NMI_SERR, "PCI system (SERR)", reason, NMI_REASON_CLEAR_SERR, regs);
	if (reason & NMI_REASON_IOCHK)
		reason_error(NMI_IO_CHECK, "IOCK", reason, NMI_REASON_CLEAR_IOCHK, regs);
	clear_bit_unlock(0, &nmi_reason_busy);
	if (reason & (NMI_REASON_SERR | NMI_REASON_IOCHK) || nmi_handle(NMI_UNKNOWN, regs))
		return;
	pr_emerg("Uhhuh. NMI received for unknown reason %02x on CPU %d.\n", reason, raw_smp_processor_id());
	pr_emerg("Dazed and confused, but trying to continue\n");
}
