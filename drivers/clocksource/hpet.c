/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/clocksource/hpet.c - the high precision event timer: one counter of 10 MHz or more, and comparators.
 *
 *	base + 000	capabilities: the period of the counter in femtoseconds (high half), number of comparators
 *	base + 010	configuration: bit 0: the counter runs
 *	base + 0f0	the counter
 *	base + 100	comparator 0: configuration and capabilities; +108: the value at which it interrupts
 *
 * Clock source: the low 32 bits of the counter, which every HPET has and every CPU reads in one piece. The period comes with
 * the chip, so this is the reference that other clocks are measured by.
 *
 * Clock events: comparator 0, on the line of the PIT, if it can be wired there (input 2 of the I/O APIC) without taking the
 * battery clock's line as well, which "legacy replacement" would. A comparator fires when the counter equals it; a value
 * that was written too late is reached after a whole turn, minutes later. So after writing we look: if the counter is
 * past it, or so near that the write may have come late, that is -ETIME and the caller chooses a later one.
 *
 * Reference: IA-PC HPET specification 1.0a. Linux: arch/x86/kernel/hpet.c.
 */
#include <primer/acpi.h>
#include <primer/clocksource.h>
#include <primer/err.h>
#include <primer/init.h>
#include <primer/ioremap.h>
#include <primer/math64.h>
#include <primer/printk.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <asm/apic.h>
#include <asm/io.h>

#include "internal.h"

#define HPET_ID			0x000
#define HPET_PERIOD		0x004
#define HPET_CFG		0x010
#define  HPET_CFG_ENABLE		0x001
#define  HPET_CFG_LEGACY		0x002
#define HPET_COUNTER		0x0f0
#define HPET_T0_CFG		0x100
#define HPET_T0_ROUTE_CAP	0x104
#define HPET_T0_CMP		0x108
#define  HPET_TN_LEVEL			0x0002
#define  HPET_TN_ENABLE			0x0004
#define  HPET_TN_PERIODIC		0x0008
#define  HPET_TN_PERIODIC_CAP		0x0010
#define  HPET_TN_SETVAL			0x0040
#define  HPET_TN_32BIT			0x0100
#define  HPET_TN_ROUTE_SHIFT		9
#define  HPET_TN_ROUTE_MASK		0x3e00
#define HPET_MIN_PERIOD		100000UL	/* femtoseconds: 10 GHz; less is nonsense */
#define HPET_MAX_PERIOD		100000000UL	/* 10 MHz, the slowest that is allowed */
#define FEMTOSEC_PER_SEC	1000000000000000UL
#define HPET_PIT_INPUT		2		/* where the PIT's line enters the I/O APIC */
#define HPET_MIN_CYCLES		128

u64 hpet_hz __ro_after_init;
static void __iomem *hpet __ro_after_init;
static bool hpet_disabled __initdata;

static int __init setup_hpet(char *str)
{
	if (!strcmp(str, "disable"))
		hpet_disabled = true;
	return 1;
}
__setup("hpet=", setup_hpet);

static u32 hpet_get(unsigned int reg)			{ return readl((u8 *)hpet + reg); }
static void hpet_put(u32 val, unsigned int reg)		{ writel(val, (u8 *)hpet + reg); }

static u64 hpet_read(struct clocksource *cs)
{
	return hpet_get(HPET_COUNTER);
}

u64 hpet_read_now(void)
{
	return hpet_get(HPET_COUNTER);
}

static struct clocksource clocksource_hpet = {
	.name	= "hpet",
	.rating	= 250,
	.read	= hpet_read,
	.mask	= CLOCKSOURCE_MASK(32),
	.flags	= CLOCK_SOURCE_IS_CONTINUOUS | CLOCK_SOURCE_VALID_FOR_HRES,
};

/* Does it count? A chipset may show registers that do nothing. */
static bool __init hpet_counts(void)
{
	u32 start = hpet_get(HPET_COUNTER);

	for (int i = 0; i < 1000; i++)
		if (hpet_get(HPET_COUNTER) != start)
			return true;
	return false;
}

bool __init hpet_enable(void)
{
	u32 period;

	if (!hpet_address || hpet_disabled)
		return false;
	set_fixmap_nocache(FIX_HPET_BASE, hpet_address & PAGE_MASK);
	hpet = (void *)(fix_to_virt(FIX_HPET_BASE) + (hpet_address & ~PAGE_MASK));
	period = hpet_get(HPET_PERIOD);
	if (period < HPET_MIN_PERIOD || period > HPET_MAX_PERIOD) {
		pr_warn("hpet: a period of %u fs cannot be: not used\n", period);
		goto none;
	}
	hpet_put((hpet_get(HPET_CFG) & ~HPET_CFG_LEGACY) | HPET_CFG_ENABLE, HPET_CFG);
	if (!hpet_counts()) {
		pr_warn("hpet: the counter does not count: not used\n");
		goto none;
	}
	hpet_hz = (FEMTOSEC_PER_SEC + period / 2) / period;
	pr_info("hpet: %u comparators, %u.%06u MHz counter\n", (hpet_get(HPET_ID) >> 8 & 0x1f) + 1, (u32)(hpet_hz / 1000000),
		(u32)(hpet_hz % 1000000));
	clocksource_register_hz(&clocksource_hpet, hpet_hz);
	return true;
none:
	clear_fixmap(FIX_HPET_BASE);
	hpet = NULL;
	return false;
}

/* ---- comparator 0 ------------------------------------------------------------------------------------------------ */

static u32 t0_route(void)
{
	return (hpet_get(HPET_T0_CFG) & ~(HPET_TN_ROUTE_MASK | HPET_TN_LEVEL | HPET_TN_PERIODIC | HPET_TN_ENABLE)) |
	       HPET_PIT_INPUT << HPET_TN_ROUTE_SHIFT | HPET_TN_32BIT;
}

static int hpet_set_periodic(struct clock_event_device *evt)
{
	u32 cycles = (u32)(hpet_hz / HZ), now;

	hpet_put(t0_route() | HPET_TN_ENABLE | HPET_TN_PERIODIC | HPET_TN_SETVAL, HPET_T0_CFG);
	now = hpet_get(HPET_COUNTER);
	/* With SETVAL the first write is the comparator's value, the second its period. */
	hpet_put(now + cycles, HPET_T0_CMP);
	hpet_put(cycles, HPET_T0_CMP);
	return 0;
}

static int hpet_set_oneshot(struct clock_event_device *evt)
{
	hpet_put(t0_route() | HPET_TN_ENABLE, HPET_T0_CFG);
	return 0;
}

static int hpet_shutdown(struct clock_event_device *evt)
{
	hpet_put(hpet_get(HPET_T0_CFG) & ~HPET_TN_ENABLE, HPET_T0_CFG);
	return 0;
}

static int hpet_next_event(unsigned long delta, struct clock_event_device *evt)
{
	u32 cmp = hpet_get(HPET_COUNTER) + (u32)delta;

	hpet_put(cmp, HPET_T0_CMP);
	return (s32)(cmp - hpet_get(HPET_COUNTER)) < HPET_MIN_CYCLES / 2 ? -ETIME : 0;
}

static struct clock_event_device hpet_clockevent = {
	.name			= "hpet",
	.rating			= 50,
	.features		= CLOCK_EVT_FEAT_PERIODIC | CLOCK_EVT_FEAT_ONESHOT,
	.set_state_shutdown	= hpet_shutdown,
	.set_state_oneshot_stopped = hpet_shutdown,
	.set_state_periodic	= hpet_set_periodic,
	.set_state_oneshot	= hpet_set_oneshot,
	.set_next_event		= hpet_next_event,
	.irq			= 0,
};

bool __init hpet_clockevent_init(void)
{
	if (!hpet || !acpi_ioapic || !apic_enabled || !(hpet_get(HPET_T0_ROUTE_CAP) >> HPET_PIT_INPUT & 1) ||
	    !(hpet_get(HPET_T0_CFG) & HPET_TN_PERIODIC_CAP))
		return false;
	hpet_clockevent.cpumask = *cpumask_of(smp_processor_id());
	global_clock_event = &hpet_clockevent;
	clockevents_config_and_register(&hpet_clockevent, (u32)hpet_hz, HPET_MIN_CYCLES, 0x7fffffff);
	return true;
}
