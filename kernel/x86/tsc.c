/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/tsc.c - how fast does the time-stamp counter run, and what time is it by it?
 *
 * The problem. RDTSC is the cheapest clock there is and says nothing about its unit. Some CPUs tell (CPUID 15h), some
 * hypervisors do (CPUID 40000010h); otherwise we must compare with a clock of known rate. The oldest one, channel 2 of the
 * 8254 timer, is always there in a PC: it counts down at 1193182 Hz, and port 61h starts and stops it.
 *
 * The idea. Let it run for about a millisecond and look at both counters at two edges of the slow one. An edge is seen when
 * the value just changed; how well is told by the TSC around the read:
 *
 *	read n   tsc t1		the edge lies between t1 and t2: error at most t2 - t1
 *	read n-1 tsc t2
 *
 * Counting edges instead of reading at arbitrary moments makes the error a read's length instead of a count's (838 ns).
 * A better value is for later, when there is time to wait for one.
 *
 * Channel 2 counts down from 65535, for 55 ms, and then goes on from 65535 as if nothing had happened. Where a hypervisor takes the CPU
 * from us for longer than that, between two reads, the difference of two counts says nothing. In mode 0 the channel's output
 * goes high when it has passed zero, and stays so: port 61h shows it, and such a measurement is thrown away.
 *
 * sched_clock() converts with a multiplication: ns = cycles * mult >> shift in 128 bits, which cannot overflow. It has no lock:
 * the three numbers are written once, before a second CPU runs. When the rate is known better (drivers/clocksource/tsc.c) the clocks
 * of programs follow; sched_clock() keeps its first scale, because a change would make it jump.
 *
 * References: Intel SDM vol. 3, 17.17; vol. 2, CPUID; Intel 8254 data sheet.
 */
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <asm/io.h>
#include <asm/irqflags.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/tsc.h>

#define PIT_TICK_RATE		1193182UL
#define PIT_CH2			0x42
#define PIT_MODE		0x43
#define PIT_GATE_PORT		0x61		/* bit 0: gate of channel 2; bit 1: speaker; bit 5: channel 2's output */
#define PIT_OUT2		0x20
#define CALIBRATE_TICKS		1193		/* 1 ms */
#define CALIBRATE_TRIES		5
#define CALIBRATE_MAX_TRIES	100		/* where the CPU is taken from us again and again */
#define CALIBRATE_PRECISION	500		/* good enough: both edges together uncertain by one part in so many */
#define CALIBRATE_USABLE	64		/* what the few tries must give at least, or more are made */
#define TSC_SHIFT		32

unsigned int tsc_khz __read_mostly;
unsigned int cpu_khz __read_mostly;
bool tsc_khz_known __ro_after_init;

static u64 tsc_base __ro_after_init;		/* TSC value of time 0 */
static u64 tsc_mult __ro_after_init;		/* 0: not yet known */

u64 tsc_to_ns(u64 cycles)
{
	return (u64)((unsigned __int128)cycles * tsc_mult >> TSC_SHIFT);
}

u64 sched_clock(void)
{
	if (unlikely(!tsc_mult))
		return 0;
	return tsc_to_ns(rdtsc() - tsc_base);
}

void tsc_set_khz(unsigned int khz)
{
	tsc_khz = cpu_khz = khz;
}

void __const_udelay(u64 ns)
{
	u64 start;

	if (!tsc_mult) {
		for (; ns > 1000; ns -= 1000)
			io_delay();
		io_delay();
		return;
	}
	start = rdtsc();
	while (tsc_to_ns(rdtsc() - start) < ns)
		cpu_relax();
}

static u16 pit_read(void)
{
	u8 low;

	outb(0x80, PIT_MODE);			/* latch channel 2 */
	low = inb(PIT_CH2);
	return low | inb(PIT_CH2) << 8;
}

/*
 * Wait until the count is at or below @target and just changed. *@tsc: the time of the change, *@err: its uncertainty. Returns the
 * count, or 0 when the counter does not count.
 */
static u16 pit_edge(u16 target, u64 *tsc, u64 *err)
{
	u16 last = pit_read(), now;
	u64 t1 = rdtsc(), t2;

	for (int tries = 0; tries < 100000; tries++) {
		now = pit_read();
		t2 = rdtsc();
		if (now != last && now <= target) {
			*tsc = t1 + (t2 - t1) / 2;
			*err = t2 - t1;
			return now;
		}
		last = now;
		t1 = t2;
	}
	return 0;
}

/* Once. kHz, or 0; *@err: how uncertain, in parts of 2^32; U64_MAX: it is worth nothing. */
static unsigned int __init pit_measure(u64 *err)
{
	u64 t1, t2, err1, err2;
	u16 c1, c2 = 0;

	outb(0xb0, PIT_MODE);			/* channel 2, low then high byte, mode 0: count down once */
	outb(0xff, PIT_CH2);
	outb(0xff, PIT_CH2);
	c1 = pit_edge(0xfff0, &t1, &err1);
	if (c1 > CALIBRATE_TICKS)
		c2 = pit_edge(c1 - CALIBRATE_TICKS, &t2, &err2);
	if (inb(PIT_GATE_PORT) & PIT_OUT2) {
		*err = U64_MAX;			/* it went round while nobody looked */
		return 1;
	}
	if (!c2 || t2 <= t1)
		return 0;
	*err = min((err1 + err2) << 32, U64_MAX >> 1) / (t2 - t1);
	return (t2 - t1) * PIT_TICK_RATE / ((u64)(c1 - c2) * 1000);
}

/*
 * TSC frequency in kHz by the timer, or 0. Interrupts off; takes a little over a millisecond. On a machine that somebody else runs as well
 * (a hypervisor, SMIs) an edge may be seen late, by as much as the whole span: again then, and the least uncertain result counts. A few
 * tries are enough if that is a usable one: the watchdog would take a TSC for broken whose rate is off by a sixteenth.
 */
static unsigned int __init pit_calibrate_tsc(void)
{
	u64 err, best_err = U64_MAX;
	unsigned int khz, best = 0;
	unsigned long flags;

	local_irq_save(flags);
	outb((inb(PIT_GATE_PORT) & ~2) | 1, PIT_GATE_PORT);
	for (int i = 0; best_err > (1ULL << 32) / CALIBRATE_PRECISION; i++) {
		if (i >= CALIBRATE_MAX_TRIES || (i >= CALIBRATE_TRIES && best_err <= (1ULL << 32) / CALIBRATE_USABLE))
			break;
		khz = pit_measure(&err);
		if (!khz)
			break;			/* it does not count; nor will it the next time */
		if (err < best_err) {
			best_err = err;
			best = khz;
		}
	}
	outb(inb(PIT_GATE_PORT) & ~1, PIT_GATE_PORT);
	local_irq_restore(flags);
	return best;
}

/* What the CPU says itself: crystal frequency times a ratio; 0 when it does not tell. */
static unsigned int __init cpuid_tsc_khz(void)
{
	u32 a, b, c, d;

	if (boot_cpu_has(X86_FEATURE_HYPERVISOR)) {
		cpuid_count(0x40000000, 0, &a, &b, &c, &d);
		if (a >= 0x40000010 && a < 0x40010000) {
			cpuid_count(0x40000010, 0, &a, &b, &c, &d);
			if (a)
				return a;
		}
	}
	if (boot_cpu_data.cpuid_level < 0x15)
		return 0;
	cpuid_count(0x15, 0, &a, &b, &c, &d);
	if (!a || !b || !c)
		return 0;
	return (u64)c * b / a / 1000;
}

void __init tsc_init(void)
{
	const char *source = "CPUID";

	tsc_base = rdtsc();
	tsc_khz = cpuid_tsc_khz();
	tsc_khz_known = tsc_khz != 0;
	if (!tsc_khz) {
		tsc_khz = pit_calibrate_tsc();
		source = "PIT";
	}
	if (!tsc_khz) {
		pr_warn("tsc: no CPUID leaf tells the frequency and the PIT does not count; assuming 1 GHz, times will be wrong\n");
		tsc_khz = 1000000;
		source = "guess";
	}
	cpu_khz = tsc_khz;
	tsc_mult = (1000000ULL << TSC_SHIFT) / tsc_khz;
	pr_info("tsc: Detected %u.%03u MHz TSC (%s)\n", tsc_khz / 1000, tsc_khz % 1000, source);
}
