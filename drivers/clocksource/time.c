/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/clocksource/time.c - what a PC has to tell and keep time with, in the order in which it is put to use.
 *
 *	clock sources			rating	read costs	rate known from
 *	tsc		each CPU's	300	1 instruction	itself (CPUID), or a comparison
 *	hpet		chipset		250	a device read	itself
 *	acpi_pm		chipset		200	a port read	the standard: 3.58 MHz
 *	pit		channel 2	110	5 port accesses	the standard: 1.19 MHz
 *	jiffies		the tick	1	1 instruction	-
 *
 *	clock events
 *	lapic		each CPU's	100	one-shot, to a minute
 *	hpet		IRQ 0		 50	one-shot, to minutes
 *	pit		IRQ 0		 10	one-shot, to 27 ms
 *
 * Slow and old is what is certain to be there; the better ones are checked against it or need it to be found.
 *
 * Linux: arch/x86/kernel/time.c, drivers/clocksource/.
 */
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/printk.h>
#include <primer/time_init.h>

#include "internal.h"

struct clock_event_device *global_clock_event;

/* IRQ 0. The device may have been switched off with its interrupt under way: then the handler is the one that does nothing. */
static irqreturn_t timer_interrupt(int irq, void *dev_id)
{
	global_clock_event->event_handler(global_clock_event);
	return IRQ_HANDLED;
}

void __init time_init(void)
{
	int err;

	tsc_register_early();
	hpet_enable();
	init_acpi_pm_clocksource();
	init_pit_clocksource();

	if (!hpet_clockevent_init())
		pit_clockevent_init();
	err = request_irq(0, timer_interrupt, IRQF_NOBALANCING | IRQF_IRQPOLL | IRQF_TIMER, "timer", NULL);
	if (err)
		pr_err("timer: IRQ 0 cannot be requested (error %d)\n", err);
	setup_boot_APIC_clock();
}
