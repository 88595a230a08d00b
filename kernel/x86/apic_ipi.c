/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/apic_ipi.c - interrupts from one CPU to another, by the local APIC's interrupt command register.
 *
 * The ICR is two words: the destination, and the command whose write sends the message. In between, an interrupt handler that sends
 * one of its own would leave its destination behind, so both are written with interrupts off. The command stays "busy" until the
 * message is on its way; a second one may only be written then.
 *
 * Memory order. The receiver looks at what the sender stored before. Stores to the xAPIC's page are not reordered with
 * earlier stores (uncached); WRMSR to x2APIC registers is weaker than that and gets a fence in front (SDM vol. 3, 10.12.3).
 *
 * Locking: none, each CPU has its own ICR. An NMI is not held off: when its handler sends, it leaves the destination register
 * as it found it, and the command idle.
 *
 * Linux: arch/x86/kernel/apic/ipi.c, x2apic_phys.c, x2apic_cluster.c. It reaches several CPUs with one write: by the
 * shorthand for "all but me" as long as no CPU is missing, or a cluster of up to 16 at once.
 *
 * Reference: Intel SDM vol. 3, 10.6; 8.4.4 for INIT and STARTUP.
 */
#include <primer/preempt.h>
#include <primer/smp.h>
#include <asm/apic.h>
#include <asm/irq_vectors.h>
#include <asm/irqflags.h>
#include <asm/tsc.h>

void apic_wait_icr_idle(void)
{
	if (x2apic_mode)		/* has no busy bit: WRMSR waits */
		return;
	while (apic_read(APIC_ICR) & APIC_ICR_BUSY)
		cpu_relax();
}

u32 safe_apic_wait_icr_idle(void)
{
	u32 busy = 0;

	if (x2apic_mode)
		return 0;
	for (int i = 0; i < 100; i++) {
		busy = apic_read(APIC_ICR) & APIC_ICR_BUSY;
		if (!busy)
			break;
		udelay(10);
	}
	return busy;
}

void apic_icr_write(u32 low, u32 dest)
{
	if (x2apic_mode) {
		__asm__ volatile("mfence; lfence" ::: "memory");
		wrmsrq(APIC_BASE_MSR + (APIC_ICR >> 4), (u64)dest << 32 | low);
		return;
	}
	/* An NMI may have come between the two writes of the code that it interrupts: that one's destination stays. */
	if (unlikely(in_nmi())) {
		u32 old = apic_read(APIC_ICR2);

		apic_write(APIC_ICR2, dest << 24);
		apic_write(APIC_ICR, low);
		apic_wait_icr_idle();
		apic_write(APIC_ICR2, old);
		return;
	}
	apic_write(APIC_ICR2, dest << 24);
	apic_write(APIC_ICR, low);
}

static u32 icr_command(unsigned int vector)
{
	return APIC_INT_ASSERT | (vector == NMI_VECTOR ? APIC_DM_NMI : APIC_DM_FIXED | vector);
}

/* Context: interrupts off. */
static void send_one(unsigned int cpu, unsigned int vector)
{
	apic_wait_icr_idle();
	apic_icr_write(icr_command(vector), cpu_physical_id(cpu));
}

void default_send_IPI_single(unsigned int cpu, unsigned int vector)
{
	unsigned long flags;

	local_irq_save(flags);
	send_one(cpu, vector);
	local_irq_restore(flags);
}

void default_send_IPI_mask(const cpumask_t *mask, unsigned int vector)
{
	unsigned long flags;
	unsigned int cpu;

	local_irq_save(flags);
	for_each_cpu(cpu, mask)
		send_one(cpu, vector);
	local_irq_restore(flags);
}

void default_send_IPI_mask_allbutself(const cpumask_t *mask, unsigned int vector)
{
	unsigned long flags;
	unsigned int cpu;

	local_irq_save(flags);
	for_each_cpu(cpu, mask) {
		if (cpu != (unsigned int)raw_smp_processor_id())
			send_one(cpu, vector);
	}
	local_irq_restore(flags);
}

/* Not the hardware's shorthand for "all but me": that would also reach CPUs that sit in the firmware. */
void apic_send_IPI_allbutself(unsigned int vector)
{
	default_send_IPI_mask_allbutself(cpu_online_mask, vector);
}

void apic_send_IPI_self(unsigned int vector)
{
	unsigned long flags;

	/* The shorthand cannot send an NMI (SDM table 10-3). */
	if (vector == NMI_VECTOR) {
		default_send_IPI_single(raw_smp_processor_id(), vector);
		return;
	}
	local_irq_save(flags);
	apic_wait_icr_idle();
	apic_icr_write(APIC_DEST_SELF | icr_command(vector), 0);
	local_irq_restore(flags);
}

/* ---- waking a CPU ---------------------------------------------------------------------------------------------------- */

static u32 send_and_wait(u32 low, u32 apicid)
{
	unsigned long flags;
	u32 status;

	local_irq_save(flags);
	apic_icr_write(low, apicid);
	status = safe_apic_wait_icr_idle();
	local_irq_restore(flags);
	return status;
}

u32 apic_send_init(u32 apicid)
{
	u32 status;

	apic_write(APIC_ESR, 0);
	status = send_and_wait(APIC_INT_LEVELTRIG | APIC_INT_ASSERT | APIC_DM_INIT, apicid);
	udelay(10);
	return status | send_and_wait(APIC_INT_LEVELTRIG | APIC_DM_INIT, apicid);
}

u32 apic_send_startup(u32 apicid, unsigned long start_eip)
{
	u32 status;

	apic_write(APIC_ESR, 0);
	status = send_and_wait(APIC_INT_ASSERT | APIC_DM_STARTUP | start_eip >> 12, apicid);
	udelay(10);
	apic_write(APIC_ESR, 0);
	return status | (apic_read(APIC_ESR) & 0xef);
}
