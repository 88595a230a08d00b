/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/apic.h - the local APIC: each CPU's own interrupt controller (Intel SDM vol. 3, chapter 10).
 *
 * Its registers are a page of memory (xAPIC) or, when the firmware chose so, MSRs (x2APIC); apic_read() and apic_write() hide which. Each
 * CPU sees its own registers at the same address, so every function here speaks of the CPU that calls it, and the caller must not be
 * moved meanwhile (preemption disabled) unless it says otherwise.
 */
#ifndef ASM_APIC_H
#define ASM_APIC_H

#include <primer/compiler.h>
#include <primer/cpumask.h>
#include <primer/types.h>
#include <asm/msr.h>
#include <asm/pgtable.h>
#include <asm/smp.h>

#define APIC_DEFAULT_PHYS_BASE	0xfee00000UL

/* Registers, as offsets of the memory page. The MSR is APIC_BASE_MSR + offset / 16. */
#define APIC_ID			0x20
#define APIC_LVR		0x30	/* version; bits 16-23: last LVT entry */
#define APIC_TASKPRI		0x80
#define APIC_EOI		0xb0
#define APIC_LDR		0xd0
#define APIC_DFR		0xe0
#define APIC_SPIV		0xf0
#define  APIC_SPIV_APIC_ENABLED		(1U << 8)
#define APIC_ISR		0x100	/* 8 registers, 16 bytes apart: in service */
#define APIC_TMR		0x180
#define APIC_IRR		0x200	/* requested */
#define APIC_ESR		0x280
#define APIC_LVTCMCI		0x2f0
#define APIC_ICR		0x300
#define APIC_ICR2		0x310	/* destination, bits 24-31 (xAPIC) */
#define APIC_LVTT		0x320	/* timer */
#define  APIC_LVT_TIMER_ONESHOT		(0U << 17)
#define  APIC_LVT_TIMER_PERIODIC	(1U << 17)
#define  APIC_LVT_TIMER_TSCDEADLINE	(2U << 17)
#define APIC_LVTTHMR		0x330
#define APIC_LVTPC		0x340
#define APIC_LVT0		0x350	/* LINT0: the 8259s */
#define APIC_LVT1		0x360	/* LINT1: NMI */
#define APIC_LVTERR		0x370
#define  APIC_LVT_MASKED		(1U << 16)
#define  APIC_LVT_LEVEL_TRIGGER		(1U << 15)
#define APIC_TMICT		0x380	/* timer: initial count */
#define APIC_TMCCT		0x390	/* timer: current count */
#define APIC_TDCR		0x3e0	/* timer: divisor */
#define  APIC_TDR_DIV_1			0xb
#define  APIC_TDR_DIV_16		0x3

/* ICR and LVT fields. */
#define APIC_DM_FIXED		0x00000U
#define APIC_DM_NMI		0x00400U
#define APIC_DM_INIT		0x00500U
#define APIC_DM_STARTUP		0x00600U
#define APIC_DM_EXTINT		0x00700U
#define APIC_ICR_BUSY		0x01000U
#define APIC_INT_ASSERT		0x04000U
#define APIC_INT_LEVELTRIG	0x08000U
#define APIC_DEST_SELF		0x40000U
#define APIC_DEST_ALLINC	0x80000U
#define APIC_DEST_ALLBUT	0xc0000U

#define APIC_BASE_MSR		0x800
#define MSR_IA32_APICBASE_BSP	(1UL << 8)
#define X2APIC_ENABLE		(1UL << 10)
#define XAPIC_ENABLE		(1UL << 11)
#define APICBASE_ADDR_MASK	0x000ffffffffff000UL

/* [immutable after init_IRQ() on the boot CPU] */
extern bool apic_enabled;		/* there is a local APIC, it is mapped, and we use it: only then may the functions below be called */
extern bool x2apic_mode;		/* its registers are MSRs */
extern phys_addr_t mp_lapic_addr;	/* where its page is: from IA32_APICBASE, or the firmware's tables */

/* The page of registers: a slot of the fixmap, so a constant. primer/ioremap.h has the enum. */
#define APIC_BASE		(FIXADDR_TOP - 4 * 4096UL)

static __always_inline u32 apic_read(u32 reg)
{
	u32 v;

	if (unlikely(x2apic_mode))
		return (u32)rdmsrq(APIC_BASE_MSR + (reg >> 4));
	__asm__ volatile("movl %1, %0" : "=r"(v) : "m"(*(volatile u32 *)(APIC_BASE + reg)));
	return v;
}

static __always_inline void apic_write(u32 reg, u32 val)
{
	if (unlikely(x2apic_mode))
		wrmsrq(APIC_BASE_MSR + (reg >> 4), val);
	else
		__asm__ volatile("movl %1, %0" : "=m"(*(volatile u32 *)(APIC_BASE + reg)) : "ri"(val) : "memory");
}

/* apic_eoi - the interrupt in service with the highest priority is done; the next may come. Context: that interrupt. */
static __always_inline void apic_eoi(void)	{ apic_write(APIC_EOI, 0); }
#define ack_APIC_irq()		apic_eoi()

/* read_apic_id - physical APIC ID of this CPU. */
u32 read_apic_id(void);

/*
 * detect_apic - is there a local APIC? Sets mp_lapic_addr and x2apic_mode. false: none, or "nolapic" on the command line. Then
 *	init_IRQ() maps the registers, sets apic_enabled, and calls the next one.
 * setup_local_APIC - bring this CPU's APIC into service: all local sources masked but what the boot CPU needs (LINT0 from
 *	the 8259s while these are in use, LINT1 NMI), priority 0, error and spurious vectors. Each CPU, once, interrupts off.
 * disable_local_APIC - mask everything and switch the APIC off in software: before another kernel or the firmware takes over.
 * register_lapic_address - the firmware's tables say where the registers are. Before init_IRQ().
 */
bool detect_apic(void);
void setup_local_APIC(void);
void disable_local_APIC(void);
void register_lapic_address(phys_addr_t addr);
/* apic_set_lint0_extint - let the 8259s through to this CPU (virtual wire), or not. */
void apic_set_lint0_extint(bool on);

/* lapic_get_maxlvt - number of the last LVT entry. */
unsigned int lapic_get_maxlvt(void);

/*
 * apic_icr_write - send one inter-processor interrupt: @low is the command, @dest the physical APIC ID (ignored with a shorthand)
 * apic_wait_icr_idle - wait until the last one has left; safe_: for at most a millisecond, returns 0 or APIC_ICR_BUSY
 *
 * Context: interrupts off (an interrupt that sends one itself would change the destination under us).
 */
void apic_icr_write(u32 low, u32 dest);
void apic_wait_icr_idle(void);
u32 safe_apic_wait_icr_idle(void);

/* apic_send_init, apic_send_startup - INIT (assert), its deassertion for old CPUs, and STARTUP at @start_eip (page below 1 MiB). Context:
 * task; returns 0 or the delivery status (APIC_ICR_BUSY: did not leave; other bits: from the error register). */
u32 apic_send_init(u32 apicid);
u32 apic_send_startup(u32 apicid, unsigned long start_eip);

/*
 * Send @vector (NMI_VECTOR: as an NMI) to one CPU, to each CPU of @mask (the sender too if it is in it), to all other online CPUs, to
 * itself. Everything that this CPU stored before is visible to the handler. Context: any.
 */
void default_send_IPI_single(unsigned int cpu, unsigned int vector);
void default_send_IPI_mask(const cpumask_t *mask, unsigned int vector);
void default_send_IPI_mask_allbutself(const cpumask_t *mask, unsigned int vector);
void apic_send_IPI_allbutself(unsigned int vector);
void apic_send_IPI_self(unsigned int vector);
#define apic_send_IPI(cpu, vector)	default_send_IPI_single((cpu), (vector))
#define apic_send_IPI_mask(mask, vector) default_send_IPI_mask((mask), (vector))

#endif
