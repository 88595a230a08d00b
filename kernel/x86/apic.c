/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/apic.c - the local APIC of each CPU: switching it on, and sending interrupts to other CPUs.
 *
 * The problem. With one CPU, a chip outside (the 8259) can hold a line until the CPU is ready. With many, each must have its own
 * idea of what it is busy with, devices must be able to choose a CPU, and CPUs must be able to interrupt one another. So every CPU
 * has a local APIC, and all interrupts are messages to these:
 *
 *	 device --> I/O APIC --+
 *	 CPU 1's ICR ----------+--- message (vector, destination) ---> local APIC of CPU 0
 *	 own timer, error, LINT0, LINT1 ----------------------------->	 IRR: requested, one bit for each vector
 *									 ISR: in service; higher 16s may interrupt
 *									 EOI: clears the highest bit of ISR
 *
 * A message names its destination by the physical APIC ID: one CPU. Linux also uses logical destinations (a bit mask of up to 8 CPUs) to
 * reach several with one write. We send one message for each CPU: at the sizes at which that matters, logical mode no longer works.
 *
 * LINT0 and LINT1 are two pins of the CPU. LINT0 is where the 8259s are wired ("virtual wire"); it is open on the boot CPU while
 * they deliver the interrupts and closed once an I/O APIC does. LINT1 is the NMI.
 *
 * The spurious vector. When the request goes away between the APIC's telling the CPU and the CPU's asking for the vector (a level line
 * that drops, a change of priority), the APIC delivers this vector instead. It was never in service, so it gets no EOI: that
 * would end some other interrupt.
 *
 * Locking: none. Each CPU sees only its own APIC, at an address that is the same for all, and sets it up with
 * interrupts off. What holds for all of them is found out once, by the boot CPU.
 *
 * Linux (arch/x86/kernel/apic/apic.c) also turns x2APIC mode on by itself, and puts everything back after sleep.
 *
 * References: Intel SDM vol. 3, chapter 10: 10.4 (enabling), 10.5 (local vectors), 10.6 (ICR), 10.8 (handling), 10.12 (x2APIC).
 */
#include <primer/init.h>
#include <primer/printk.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <asm/apic.h>
#include <asm/hardirq.h>
#include <asm/irq_vectors.h>
#include <asm/irqflags.h>
#include <asm/pgtable.h>
#include <asm/processor.h>

bool apic_enabled __ro_after_init;
bool x2apic_mode __ro_after_init;
phys_addr_t mp_lapic_addr __ro_after_init;

static bool lint0_extint = true;	/* [boot CPU] does LINT0 bring the 8259s' interrupts? */
static bool nolapic __initdata;

static int __init setup_nolapic(char *arg)
{
	(void)arg;
	nolapic = true;
	return 0;
}
early_param("nolapic", setup_nolapic);
early_param("disableapic", setup_nolapic);

/* ---- identity ---------------------------------------------------------------------------------------------------- */

u32 read_apic_id(void)
{
	u32 id;

	if (!apic_enabled)
		return boot_cpu_data.initial_apicid;
	id = apic_read(APIC_ID);
	return x2apic_mode ? id : id >> 24;
}

unsigned int lapic_get_maxlvt(void)
{
	return apic_read(APIC_LVR) >> 16 & 0xff;
}

void __init register_lapic_address(phys_addr_t addr)
{
	mp_lapic_addr = addr;
}

bool __init detect_apic(void)
{
	u64 base;

	if (nolapic || !boot_cpu_has(X86_FEATURE_APIC)) {
		pr_info("%s\n", nolapic ? "APIC: disabled by the command line" : "No local APIC present");
		return false;
	}
	base = rdmsrq(MSR_IA32_APICBASE);
	if (!(base & XAPIC_ENABLE)) {
		pr_info("Local APIC disabled by BIOS -- reenabling.\n");
		base = (base & APICBASE_ADDR_MASK) | XAPIC_ENABLE | MSR_IA32_APICBASE_BSP;
		wrmsrq(MSR_IA32_APICBASE, base);
	}
	/* A mode that the firmware chose cannot be left without a reset of the APIC. */
	x2apic_mode = base & X2APIC_ENABLE;
	if (mp_lapic_addr && mp_lapic_addr != (base & APICBASE_ADDR_MASK))
		pr_warn("APIC: the firmware's tables say %llx, the CPU says %llx: using the CPU's\n", (u64)mp_lapic_addr,
			base & APICBASE_ADDR_MASK);
	mp_lapic_addr = base & APICBASE_ADDR_MASK;
	return true;
}

/* ---- the two vectors of its own ----------------------------------------------------------------------------------- */

static void sysvec_spurious_apic_interrupt(struct pt_regs *regs)
{
	(void)regs;
	inc_irq_stat(irq_spurious_count);
	pr_info_once("spurious APIC interrupt on CPU#%d, should never happen.\n", raw_smp_processor_id());
}

/* What the bits of the error status register mean (SDM vol. 3, 10.5.3). */
static void sysvec_error_interrupt(struct pt_regs *regs)
{
	static const char *const reasons[8] = {
		"Send CS error", "Receive CS error", "Send accept error", "Receive accept error",
		"Redirectable IPI", "Send illegal vector", "Received illegal vector", "Illegal register address",
	};
	u32 esr;

	(void)regs;
	apic_write(APIC_ESR, 0);		/* a write makes the register show what has gathered */
	esr = apic_read(APIC_ESR);
	inc_irq_stat(irq_err_count);
	pr_err_ratelimited("APIC error on CPU%d: %02x : %s\n", raw_smp_processor_id(), esr,
			   esr ? reasons[__builtin_ctz(esr) & 7] : "no reason");
}

/* ---- switching on and off ------------------------------------------------------------------------------------------ */

static void clear_esr(void)
{
	apic_write(APIC_ESR, 0);
	apic_write(APIC_ESR, 0);
}

static void set_lint0(void)
{
	bool open = lint0_extint && raw_smp_processor_id() == 0;

	apic_write(APIC_LVT0, APIC_DM_EXTINT | (open ? 0 : APIC_LVT_MASKED));
}

/* What the firmware or a former kernel left in service would block all below it for ever. */
static void clear_in_service(void)
{
	for (int tries = 0; tries < NR_VECTORS; tries++) {
		u32 any = 0;

		for (u32 i = 0; i < 8; i++)
			any |= apic_read(APIC_ISR + i * 0x10);
		if (!any)
			return;
		apic_eoi();
	}
}

void setup_local_APIC(void)
{
	unsigned int maxlvt = lapic_get_maxlvt();

	if (raw_smp_processor_id() == 0) {
		set_sysvec(SPURIOUS_APIC_VECTOR, sysvec_spurious_apic_interrupt, SYSVEC_NOACK);
		set_sysvec(ERROR_APIC_VECTOR, sysvec_error_interrupt, 0);
	}
	/* Local sources stay masked while the APIC is off in software, so it is switched on first. */
	apic_write(APIC_TASKPRI, 0);
	clear_in_service();
	apic_write(APIC_SPIV, APIC_SPIV_APIC_ENABLED | SPURIOUS_APIC_VECTOR);
	apic_write(APIC_LVTT, APIC_LVT_MASKED | LOCAL_TIMER_VECTOR);
	if (maxlvt >= 4)
		apic_write(APIC_LVTPC, APIC_LVT_MASKED);
	set_lint0();
	apic_write(APIC_LVT1, APIC_DM_NMI | (raw_smp_processor_id() == 0 ? 0 : APIC_LVT_MASKED));
	clear_esr();
	if (maxlvt >= 3)
		apic_write(APIC_LVTERR, ERROR_APIC_VECTOR);
	clear_esr();
}

void apic_set_lint0_extint(bool on)
{
	lint0_extint = on;
	set_lint0();
}

void disable_local_APIC(void)
{
	if (!apic_enabled)
		return;
	apic_write(APIC_LVTT, APIC_LVT_MASKED);
	apic_write(APIC_LVT0, APIC_LVT_MASKED);
	apic_write(APIC_LVT1, APIC_LVT_MASKED);
	if (lapic_get_maxlvt() >= 3)
		apic_write(APIC_LVTERR, APIC_LVT_MASKED);
	apic_write(APIC_SPIV, SPURIOUS_APIC_VECTOR);
}
