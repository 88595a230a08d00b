/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/printk/ratelimit.c - so that one broken device does not push everything else out of the log.
 *
 * Each place in the source has its own budget of `burst` messages for each interval. The interval opens with the
 * first message and is not looked at by any timer: the next message that comes after its end closes it and tells how
 * many were held back.
 *
 *	|-- interval ------------------------|            |-- interval ...
 *	m m m m m m m m m m x x x x x                     m  "5 callbacks suppressed", then m
 *	    burst = 10        held back
 *
 * The state is guarded by a flag that is only ever tried: who finds it taken (by another CPU, or by the code that an
 * interrupt has just interrupted) counts as held back. So nobody waits, in any context.
 */
#include <primer/atomic.h>
#include <primer/printk.h>
#include <asm/tsc.h>

bool ___ratelimit(struct ratelimit_state *rs, const char *func)
{
	u64 now = sched_clock();
	bool pass = false;
	int missed = 0;

	if (!rs->interval_ns)
		return true;
	if (atomic_xchg(&rs->busy, 1)) {	/* pairs with the release below */
		atomic_inc(&rs->missed);
		return false;
	}
	if (!rs->begin_ns || now - rs->begin_ns >= rs->interval_ns) {
		rs->begin_ns = now ? now : 1;
		rs->printed = 0;
		missed = atomic_xchg(&rs->missed, 0);
	}
	if (rs->printed < rs->burst) {
		rs->printed++;
		pass = true;
	} else {
		atomic_inc(&rs->missed);
	}
	atomic_set_release(&rs->busy, 0);
	if (missed)
		printk(KERN_WARNING "%s: %d callbacks suppressed\n", func, missed);
	return pass;
}
