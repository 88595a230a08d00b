/* SPDX-License-Identifier: GPL-2.0-only */
/* drivers/clocksource/internal.h - between the drivers of clocks; private to this folder. */
#ifndef DRIVERS_CLOCKSOURCE_INTERNAL_H
#define DRIVERS_CLOCKSOURCE_INTERNAL_H

#include <primer/clockchips.h>
#include <primer/types.h>

/* Each: found, and registered. Boot CPU, interrupts off. */
bool hpet_enable(void);
bool init_acpi_pm_clocksource(void);
void init_pit_clocksource(void);
void tsc_register_early(void);

/* The boot CPU's event device of IRQ 0: the HPET if it can drive that line, else the PIT. setup_APIC_timer_boot: and its own timer. */
bool hpet_clockevent_init(void);
void pit_clockevent_init(void);
bool setup_boot_APIC_clock(void);

/* Whose interrupt IRQ 0 is. [boot CPU, before the line is requested] */
extern struct clock_event_device *global_clock_event;

/* hpet_read_now, acpi_pm_read_verified - the counters, for comparisons; hpet_hz: 0 when there is none. */
u64 hpet_read_now(void);
extern u64 hpet_hz;
u32 acpi_pm_read_verified(void);
#define PMTMR_TICKS_PER_SEC	3579545

#endif
