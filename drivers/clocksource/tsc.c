/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/clocksource/tsc.c - the CPU's own counter as a clock source.
 *
 * The problem. Its rate is not written down (mostly). What tsc_init() measured in a millisecond at boot is good to a few
 * hundred parts per million: a minute a day. To know better takes longer, and a boot should not wait.
 *
 * The idea. Two clock sources. "tsc-early" runs on the first guess from the start. A second after the drivers are up a
 * timer compares the counter once more with a clock whose rate is certain (HPET, or the ACPI timer), over that whole
 * second, and "tsc" with the better number takes over. Where CPUID tells the rate there is nothing to measure.
 *
 *	 tsc1  ref1				  tsc2  ref2
 *	--|-----|---------------- 1 s -------------|-----|----		kHz = (tsc2 - tsc1) / (ref2 - ref1) * rate
 *
 * Each pair is read as nearly at one moment as can be: the reference between two readings of the TSC, several times, and
 * the tightest one counts.
 *
 * tsc=unstable on the command line, and the watchdog (kernel/time/clocksource.c), take it out of use; tsc=reliable keeps the
 * watchdog away.
 *
 * Locking: none; one timer function at a time uses the state here.
 *
 * Linux: arch/x86/kernel/tsc.c.
 */
#define pr_fmt(fmt) "tsc: " fmt
#include <primer/acpi.h>
#include <primer/clocksource.h>
#include <primer/init.h>
#include <primer/math64.h>
#include <primer/printk.h>
#include <primer/string.h>
#include <primer/timer.h>
#include <asm/irqflags.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "internal.h"

#define MAX_DISAGREEMENTS 5
#define REF_TRIES	5
#define REF_MAX_GAP	200000		/* cycles around a look at the reference; more, and it does not count */

static bool tsc_unstable;		/* [clocksource_lock after boot] */
static struct timer_list refine_timer;
static u64 tsc_start, ref_start, last_khz;
static unsigned int disagreements;

/* Ordered: of two tasks that tell each other, on two CPUs, the later one must not read the earlier time. */
static u64 read_tsc(struct clocksource *cs)
{
	return rdtsc_ordered();
}

static void tsc_marked_unstable(struct clocksource *cs)
{
	tsc_unstable = true;
	pr_info("Marking TSC unstable due to clocksource watchdog\n");
}

#define TSC_FLAGS	(CLOCK_SOURCE_IS_CONTINUOUS | CLOCK_SOURCE_VALID_FOR_HRES | CLOCK_SOURCE_MUST_VERIFY)

static struct clocksource clocksource_tsc_early = {
	.name		= "tsc-early",
	.rating		= 299,
	.read		= read_tsc,
	.mask		= CLOCKSOURCE_MASK(64),
	.flags		= TSC_FLAGS,
	.mark_unstable	= tsc_marked_unstable,
};

static struct clocksource clocksource_tsc = {
	.name		= "tsc",
	.rating		= 300,
	.read		= read_tsc,
	.mask		= CLOCKSOURCE_MASK(64),
	.flags		= TSC_FLAGS,
	.mark_unstable	= tsc_marked_unstable,
};

static int __init tsc_setup(char *str)
{
	if (!strcmp(str, "unstable"))
		tsc_unstable = true;
	if (!strcmp(str, "reliable")) {
		clocksource_tsc_early.flags &= ~CLOCK_SOURCE_MUST_VERIFY;
		clocksource_tsc.flags &= ~CLOCK_SOURCE_MUST_VERIFY;
	}
	return 1;
}
__setup("tsc=", tsc_setup);

/* ---- a better number --------------------------------------------------------------------------------------------- */

/* The TSC and the reference at one moment; false: the readings were never close enough. */
static bool read_refs(u64 *tsc, u64 *ref)
{
	u64 best = REF_MAX_GAP;

	for (int i = 0; i < REF_TRIES; i++) {
		u64 t1, t2, r;

		t1 = rdtsc_ordered();
		r = hpet_hz ? hpet_read_now() : acpi_pm_read_verified();
		t2 = rdtsc_ordered();
		if (t2 - t1 < best) {
			best = t2 - t1;
			*tsc = t1 + (t2 - t1) / 2;
			*ref = r;
		}
	}
	return best < REF_MAX_GAP;
}

static void use_tsc(void)
{
	clocksource_register_hz(&clocksource_tsc, (u64)tsc_khz * 1000);
	clocksource_unregister(&clocksource_tsc_early);
}

static void tsc_refine_timer(struct timer_list *t)
{
	u64 tsc = 0, ref = 0, ref_now, hz, khz, diff;
	unsigned long flags;
	bool ok;

	if (tsc_unstable)
		return;
	local_irq_save(flags);
	ok = read_refs(&tsc, &ref);
	local_irq_restore(flags);
	if (!ok || !tsc_start) {
		/* The first look, or one that was disturbed: (again) from here. */
		tsc_start = ok ? tsc : 0;
		ref_start = ref;
		mod_timer(&refine_timer, jiffies + HZ);
		return;
	}
	ref_now = ref;
	ref = (ref - ref_start) & (hpet_hz ? CLOCKSOURCE_MASK(32) : CLOCKSOURCE_MASK(24));
	hz = hpet_hz ? hpet_hz : PMTMR_TICKS_PER_SEC;
	khz = ref ? mul_u64_u64_div_u64(tsc - tsc_start, hz, ref) / 1000 : 0;
	diff = khz > tsc_khz ? khz - tsc_khz : tsc_khz - khz;
	/* Off by more than 1 %: one of the two was disturbed. Which one, shows a second comparison. */
	if (!khz || (diff > tsc_khz / 100 && (khz > last_khz ? khz - last_khz : last_khz - khz) > khz / 1000)) {
		if (!khz || ++disagreements > MAX_DISAGREEMENTS) {
			pr_warn("the reference gives %llu kHz, and does not agree with itself: not used\n", khz);
			use_tsc();
			return;
		}
		last_khz = khz;
		tsc_start = tsc;
		ref_start = ref_now;
		mod_timer(&refine_timer, jiffies + HZ);
		return;
	}
	if (diff > tsc_khz / 100)
		pr_warn("the first measurement was off by %llu %%: log times and scheduling keep its scale\n", diff * 100 / tsc_khz);
	tsc_set_khz((unsigned int)khz);
	pr_info("Refined TSC clocksource calibration: %u.%03u MHz\n", tsc_khz / 1000, tsc_khz % 1000);
	use_tsc();
}

static int __init init_tsc_clocksource(void)
{
	if (tsc_unstable)
		return 0;
	if (tsc_khz_known || (!hpet_hz && !pmtmr_ioport)) {
		use_tsc();
		return 0;
	}
	timer_setup(&refine_timer, tsc_refine_timer, 0);
	mod_timer(&refine_timer, jiffies);
	return 0;
}
device_initcall(init_tsc_clocksource);

void __init tsc_register_early(void)
{
	if (!tsc_unstable)
		clocksource_register_hz(&clocksource_tsc_early, (u64)tsc_khz * 1000);
}
