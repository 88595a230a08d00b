/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/irqchip/init.c - which of a PC's interrupt controllers are used.
 *
 *	local APIC	I/O APIC	interrupts of devices come
 *	yes		yes		I/O APIC -> messages -> any CPU
 *	yes		no		8259 -> LINT0 of the boot CPU ("virtual wire"): acpi=off without an MP table, noapic
 *	no		-		8259 -> INTR of the only CPU: nolapic, or a CPU without one
 *
 * The 8259s are always programmed, so that a stray interrupt of theirs is not taken for an exception.
 *
 * Context: the boot CPU, interrupts off, before anybody can ask for a line. So there is no lock.
 *
 * Linux (arch/x86/kernel/irqinit.c, arch/x86/kernel/apic/apic.c) also chooses among ways to name the CPUs of a message,
 * and tries how the timer is wired until its interrupt comes.
 */
#include <primer/build_bug.h>
#include <primer/init.h>
#include <primer/ioremap.h>
#include <primer/irqchip.h>
#include <primer/printk.h>
#include <asm/apic.h>
#include <asm/i8259.h>
#include <asm/io_apic.h>

static void __init init_apic_mappings(void)
{
	BUILD_BUG_ON(APIC_BASE != __fix_to_virt(FIX_APIC_BASE));
	if (!x2apic_mode)
		set_fixmap_nocache(FIX_APIC_BASE, mp_lapic_addr);
	apic_enabled = true;
}

void __init init_IRQ(void)
{
	init_8259A();
	if (detect_apic()) {
		init_apic_mappings();
		setup_local_APIC();
		if (setup_IO_APIC()) {
			apic_set_lint0_extint(false);
			return;
		}
	}
	i8259_setup_irqs();
	pr_info("Using the 8259A interrupt controllers%s\n", apic_enabled ? " through the local APIC (virtual wire)" : "");
}
