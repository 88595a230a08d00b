/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/clocksource/acpi_pm.c - the power management timer: 24 bits at 3579545 Hz behind one port.
 *
 * ACPI demands it, its rate is fixed (three times that of the PIT: both come from the colour subcarrier of NTSC television),
 * and it never stops. It is slow to read: a port access.
 *
 * Some chipsets let a carry run through the counter while it is read. The verified read takes three in a row and accepts
 * those that are in order; it serves where a single wrong value would do harm, in comparisons.
 *
 * Reference: ACPI specification, 4.8.2.1. Linux: drivers/clocksource/acpi_pm.c.
 */
#include <primer/acpi.h>
#include <primer/clocksource.h>
#include <primer/init.h>
#include <primer/printk.h>
#include <asm/io.h>

#include "internal.h"

#define ACPI_PM_MASK	CLOCKSOURCE_MASK(24)	/* the upper bits of those that have 32 are not missed */

static u64 acpi_pm_read(struct clocksource *cs)
{
	return inl((u16)pmtmr_ioport) & ACPI_PM_MASK;
}

u32 acpi_pm_read_verified(void)
{
	u32 v1, v2, v3;

	do {
		v1 = inl((u16)pmtmr_ioport) & ACPI_PM_MASK;
		v2 = inl((u16)pmtmr_ioport) & ACPI_PM_MASK;
		v3 = inl((u16)pmtmr_ioport) & ACPI_PM_MASK;
	} while ((v1 > v2 && v1 < v3) || (v2 > v3 && v2 < v1) || (v3 > v1 && v3 < v2));
	return v2;
}

static struct clocksource clocksource_acpi_pm = {
	.name	= "acpi_pm",
	.rating	= 200,
	.read	= acpi_pm_read,
	.mask	= ACPI_PM_MASK,
	.flags	= CLOCK_SOURCE_IS_CONTINUOUS | CLOCK_SOURCE_VALID_FOR_HRES,
};

bool __init init_acpi_pm_clocksource(void)
{
	u64 start;
	int i;

	if (!pmtmr_ioport)
		return false;
	start = acpi_pm_read(NULL);
	for (i = 0; i < 1000 && acpi_pm_read(NULL) == start; i++)
		;
	if (i == 1000) {
		pr_info("PM-Timer had inconsistent results: %llu does not count - aborting.\n", start);
		pmtmr_ioport = 0;
		return false;
	}
	clocksource_register_hz(&clocksource_acpi_pm, PMTMR_TICKS_PER_SEC);
	return true;
}
