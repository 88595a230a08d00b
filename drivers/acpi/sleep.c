/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/acpi/sleep.c - into ACPI mode; power off; reset.
 *
 * Two owners. A machine begins in "legacy mode": the firmware answers the power button, unseen, in system management
 * mode. Writing ACPI_ENABLE to the SMI command port asks it to hand over; SCI_EN in PM1 control says that it has. From
 * then on events come to us as an interrupt, the SCI.
 *
 *	                write ACPI_ENABLE to SMI_CMD
 *	legacy mode  ----------------------------------> ACPI mode	SCI_EN = 1
 *
 * Off. The power goes when SLP_TYP (what to become: the numbers of \_S5) and then SLP_EN (do it) are written to PM1
 * control, a and b. The other bits of the register stay as they are. The write does not return; if it does, there was
 * no such hardware.
 *
 * Reset. A byte written to a register, which may be a port, memory, or in PCI configuration space: all in the FADT. On
 * PCs it is mostly port 0xcf9 of the chip set. Where there is none, or it has no effect, emergency_restart() has other
 * ways.
 *
 * What is needed at the end, when nothing may be relied on (a panic), is prepared at boot: \_S5 is looked up, the
 * register is mapped.
 *
 * Locking: none. An initcall writes what is prepared; afterwards only who ends the machine comes here. Other CPUs may
 * still run, but write none of these registers.
 *
 * Linux (drivers/acpi/sleep.c, acpica/hwsleep.c, reboot.c) runs _PTS and _GTS, methods by which the firmware gets
 * ready, and saves power in four further ways. Reference: ACPI specification 6.3, 4.8.2.5, 4.8.3.2, 4.8.3.6, 16.1.
 */
#define pr_fmt(fmt) "ACPI: " fmt
#include <primer/delay.h>
#include <primer/init.h>
#include <primer/ioremap.h>
#include <primer/kernel.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/string.h>
#include <asm/io.h>
#include <asm/irqflags.h>
#include "internal.h"

static u8 s5_typ_a, s5_typ_b;			/* [initcall] */
static void __iomem *reset_memory;		/* [initcall] the reset register, if it is in memory */

/* ---- registers --------------------------------------------------------------------------------------------------- */

/* Both halves of a register that may be split over two chips show their bits together. */
static u16 pm1_control_read(void)
{
	u16 v = 0;

	if (acpi_ports.pm1a_control)
		v |= inw(acpi_ports.pm1a_control);
	if (acpi_ports.pm1b_control)
		v |= inw(acpi_ports.pm1b_control);
	return v;
}

/* ---- ACPI mode --------------------------------------------------------------------------------------------------- */

static bool __init acpi_enable(void)
{
	u32 port = acpi_gbl_FADT.smi_command;

	if (pm1_control_read() & ACPI_PM1_CNT_SCI_ENABLE)
		return true;
	if (!port || port > 0xffff || !acpi_gbl_FADT.acpi_enable) {
		pr_warn("not in ACPI mode, and no way into it\n");
		return false;
	}
	outb(acpi_gbl_FADT.acpi_enable, port);
	/* The specification sets no limit; real firmware has taken a second. */
	for (int ms = 0; ms < 3000; ms++) {
		if (pm1_control_read() & ACPI_PM1_CNT_SCI_ENABLE)
			return true;
		mdelay(1);
	}
	pr_warn("the firmware does not let go: no ACPI mode\n");
	return false;
}

/* ---- off --------------------------------------------------------------------------------------------------------- */

static void acpi_power_off(void)
{
	unsigned long flags;
	u16 control;

	printk(KERN_EMERG "acpi_power_off called\n");
	local_irq_save(flags);
	control = pm1_control_read() & ~(ACPI_PM1_CNT_SLEEP_TYPE_MASK | ACPI_PM1_CNT_SLEEP_ENABLE);
	/* First the type alone: a chip may want to see it before the order. */
	for (u16 go = 0;; go = ACPI_PM1_CNT_SLEEP_ENABLE) {
		outw(control | s5_typ_a << ACPI_PM1_CNT_SLEEP_TYPE_SHIFT | go, acpi_ports.pm1a_control);
		if (acpi_ports.pm1b_control)
			outw(control | s5_typ_b << ACPI_PM1_CNT_SLEEP_TYPE_SHIFT | go, acpi_ports.pm1b_control);
		if (go)
			break;
	}
	mdelay(500);
	local_irq_restore(flags);
	pr_emerg("the power is still on\n");
}

static bool __init find_s5(void)
{
	struct acpi_table_header *t;
	bool found = false;

	if (!acpi_get_table(ACPI_SIG_DSDT, 1, &t)) {
		found = aml_find_sleep_type((u8 *)(t + 1), t->length - sizeof(*t), "_S5_", &s5_typ_a, &s5_typ_b);
		acpi_put_table(t);
	}
	for (u32 i = 1; !found && !acpi_get_table(ACPI_SIG_SSDT, i, &t); i++) {
		found = aml_find_sleep_type((u8 *)(t + 1), t->length - sizeof(*t), "_S5_", &s5_typ_a, &s5_typ_b);
		acpi_put_table(t);
	}
	return found;
}

/* ---- reset ------------------------------------------------------------------------------------------------------- */

/* PCI configuration by ports: bus 0, the device and function of the register's address. */
static void reset_pci(u64 address, u8 value)
{
	u32 device = address >> 32 & 0x1f, function = address >> 16 & 7, offset = address & 0xfff;

	if (offset > 0xff)
		return;
	outl(1U << 31 | device << 11 | function << 8 | (offset & ~3U), 0xcf8);
	outb(value, 0xcfc + (offset & 3));
}

static void acpi_reboot(void)
{
	const struct acpi_generic_address *r = &acpi_gbl_FADT.reset_register;

	printk(KERN_DEBUG "ACPI MEMORY or I/O RESET_REG.\n");
	if (r->space_id == ACPI_ADR_SPACE_SYSTEM_IO)
		outb(acpi_gbl_FADT.reset_value, r->address);
	else if (r->space_id == ACPI_ADR_SPACE_PCI_CONFIG)
		reset_pci(r->address, acpi_gbl_FADT.reset_value);
	else if (reset_memory)
		writeb(acpi_gbl_FADT.reset_value, reset_memory);
	udelay(15);
}

static bool __init reset_register_usable(const struct acpi_generic_address *r)
{
	if (!(acpi_gbl_FADT.flags & ACPI_FADT_RESET_REGISTER) || !r->address || r->bit_width != 8 || r->bit_offset)
		return false;
	if (r->space_id == ACPI_ADR_SPACE_SYSTEM_IO)
		return r->address <= 0xffff;
	return r->space_id == ACPI_ADR_SPACE_PCI_CONFIG ||
	       (r->space_id == ACPI_ADR_SPACE_SYSTEM_MEMORY && acpi_range_ok(r->address, 1));
}

/* From setup_arch(): a panic soon after wants to restart as well. A register in memory is mapped later. */
void __init acpi_reboot_init(void)
{
	if (reset_register_usable(&acpi_gbl_FADT.reset_register))
		machine_restart_hook = acpi_reboot;
}

static int __init acpi_sleep_init(void)
{
	const struct acpi_generic_address *r = &acpi_gbl_FADT.reset_register;

	if (acpi_disabled)
		return 0;
	if (machine_restart_hook == acpi_reboot && r->space_id == ACPI_ADR_SPACE_SYSTEM_MEMORY)
		reset_memory = ioremap(r->address, 1);
	if (!acpi_ports.pm1a_control)
		return 0;
	if (!acpi_enable())
		return 0;
	if (find_s5()) {
		pm_power_off = acpi_power_off;
		pr_info("(supports S0 S5)\n");
	} else {
		pr_warn("no \\_S5: the power cannot be switched off\n");
	}
	acpi_event_init();
	return 0;
}
/* Before drivers, so that whoever fails among them can be followed by a reboot. */
subsys_initcall(acpi_sleep_init);
