/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/clocksource/apic_timer.c - the timer in each CPU's local APIC: the clock event device that every CPU has.
 *
 * A 32-bit counter goes down from what is written to the initial count register (TMICT) to 0, and raises LOCAL_TIMER_VECTOR
 * on its own CPU: no lock, no bus, no other CPU. It counts the bus clock divided by 16, whose rate nobody tells.
 *
 * Calibration. Let it run for 100 us undivided, and read it and the TSC at both ends, each pair several times: the tightest
 * counts (an interrupted read, by the hypervisor too, is a wide one). Relative to the TSC, since that is what times are made
 * of: what the TSC's own rate is off by, cancels out.
 *
 *	          t1 [TMCCT] t2  ... 100 us ...  t3 [TMCCT] t4		Hz = counts / (TSC cycles) * TSC's Hz
 *
 * The others run at the same rate and are not measured.
 *
 * References: Intel SDM vol. 3, 10.5.4. Linux (arch/x86/kernel/apic/apic.c) counts against the tick, and prefers the
 * TSC-deadline mode, in which the interrupt comes at a value of the TSC.
 */
#define pr_fmt(fmt) "APIC timer: " fmt
#include <primer/clockchips.h>
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/percpu.h>
#include <primer/printk.h>
#include <primer/smp.h>
#include <primer/time_init.h>
#include <asm/apic.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "internal.h"

#define APIC_DIVISOR		16
#define CALIBRATE_NS		100000
#define PAIR_TRIES		4

static DEFINE_PER_CPU(struct clock_event_device, lapic_events);
static u64 lapic_timer_hz __ro_after_init;	/* of the undivided counter; 0: not used */
static bool disable_apic_timer __initdata;

static int __init setup_disable_apic_timer(char *arg)
{
	disable_apic_timer = true;
	return 1;
}
__setup("nolapic_timer", setup_disable_apic_timer);
__setup("noapictimer", setup_disable_apic_timer);

static void local_apic_timer_interrupt(struct pt_regs *regs)
{
	struct clock_event_device *evt = this_cpu_ptr(&lapic_events);

	inc_irq_stat(apic_timer_irqs);
	/* Before the device has an owner, or after it was switched off with an interrupt under way: nothing to do. */
	if (likely(evt->event_handler))
		evt->event_handler(evt);
}

/* ---- the device -------------------------------------------------------------------------------------------------- */

static int lapic_next_event(unsigned long delta, struct clock_event_device *evt)
{
	apic_write(APIC_TMICT, (u32)delta);
	return 0;
}

static int lapic_timer_shutdown(struct clock_event_device *evt)
{
	if (evt->state == CLOCK_EVT_STATE_DETACHED)
		return 0;
	apic_write(APIC_LVTT, APIC_LVT_MASKED | LOCAL_TIMER_VECTOR);
	apic_write(APIC_TMICT, 0);
	return 0;
}

/* Nothing to do: a count of 0 does not run. The vector stays as it is. */
static int lapic_timer_stop(struct clock_event_device *evt)
{
	apic_write(APIC_TMICT, 0);
	return 0;
}

static int lapic_timer_set_oneshot(struct clock_event_device *evt)
{
	if (evt->state == CLOCK_EVT_STATE_ONESHOT_STOPPED)
		return 0;
	apic_write(APIC_LVTT, APIC_LVT_TIMER_ONESHOT | LOCAL_TIMER_VECTOR);
	apic_write(APIC_TDCR, APIC_TDR_DIV_16);
	return 0;
}

static int lapic_timer_set_periodic(struct clock_event_device *evt)
{
	apic_write(APIC_LVTT, APIC_LVT_TIMER_PERIODIC | LOCAL_TIMER_VECTOR);
	apic_write(APIC_TDCR, APIC_TDR_DIV_16);
	apic_write(APIC_TMICT, (u32)((lapic_timer_hz / APIC_DIVISOR + HZ / 2) / HZ));
	return 0;
}

static const struct clock_event_device lapic_clockevent = {
	.name				= "lapic",
	.rating				= 100,
	.features			= CLOCK_EVT_FEAT_PERIODIC | CLOCK_EVT_FEAT_ONESHOT,
	.set_state_shutdown		= lapic_timer_shutdown,
	.set_state_periodic		= lapic_timer_set_periodic,
	.set_state_oneshot		= lapic_timer_set_oneshot,
	.set_state_oneshot_stopped	= lapic_timer_stop,
	.set_next_event			= lapic_next_event,
	.irq				= -1,
};

/* This CPU's. Interrupts off. */
static void setup_APIC_timer(void)
{
	struct clock_event_device *evt = this_cpu_ptr(&lapic_events);

	*evt = lapic_clockevent;
	evt->cpumask = *cpumask_of(smp_processor_id());
	clockevents_config_and_register(evt, (u32)(lapic_timer_hz / APIC_DIVISOR), 0xf, 0x7fffffff);
}

/* ---- calibration ------------------------------------------------------------------------------------------------- */

static void __init read_pair(u64 *tsc, u32 *count)
{
	u64 best = U64_MAX;

	for (int i = 0; i < PAIR_TRIES; i++) {
		u64 t1 = rdtsc_ordered(), t2;
		u32 c = apic_read(APIC_TMCCT);

		t2 = rdtsc_ordered();
		if (t2 - t1 < best) {
			best = t2 - t1;
			*tsc = t1 + (t2 - t1) / 2;
			*count = c;
		}
	}
}

bool __init setup_boot_APIC_clock(void)
{
	u64 tsc1, tsc2;
	u32 count1, count2;

	if (!apic_enabled || disable_apic_timer) {
		setup_max_cpus = 0;		/* no other CPU would have a tick */
		return false;
	}
	apic_write(APIC_LVTT, APIC_LVT_MASKED | LOCAL_TIMER_VECTOR);
	apic_write(APIC_TDCR, APIC_TDR_DIV_1);
	apic_write(APIC_TMICT, 0xffffffff);
	read_pair(&tsc1, &count1);
	udelay(CALIBRATE_NS / 1000);
	read_pair(&tsc2, &count2);
	apic_write(APIC_TMICT, 0);
	if (tsc2 > tsc1)
		lapic_timer_hz = (u64)(count1 - count2) * tsc_khz * 1000 / (tsc2 - tsc1);
	/* Slower than a MHz, or stopped: no use. */
	if (count1 <= count2 || lapic_timer_hz < 1000000) {
		pr_warn("does not count as it should (%u in %u us): not used\n", count1 - count2, CALIBRATE_NS / 1000);
		lapic_timer_hz = 0;
		setup_max_cpus = 0;
		return false;
	}
	pr_info("%llu.%04llu MHz\n", lapic_timer_hz / 1000000, lapic_timer_hz % 1000000 / 100);
	set_sysvec(LOCAL_TIMER_VECTOR, local_apic_timer_interrupt, 0);
	setup_APIC_timer();
	return true;
}

void setup_secondary_APIC_clock(void)
{
	if (lapic_timer_hz)
		setup_APIC_timer();
}
