/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/load.c - weights, and multiplying by a ratio of two of them.
 *
 * The problem. "So much time, times my weight, divided by the sum of all weights" is computed several times at each
 * switch, and must neither overflow nor lose the small shares: nice 19 beside many tasks of nice -20 is one part in
 * thousands.
 *
 * The idea. weight is kept times 1024 (scale_load), and beside it its inverse, 2^32 / (weight / 1024), computed once
 * when it is first needed after a change. A division by a weight is then a multiplication:
 *
 *	delta * weight / total  =  (delta * weight * inverse(total)) >> 32
 *
 * weight / 1024 has at most 32 bits (88761 times 2^15 tasks), the inverse 32, so their product is exact in 64, and
 * that times delta in 128. The inverse is cut off, so the result is too small by at most total / 2^32 of itself.
 *
 * All of it is guarded by the lock of the run queue that the load_weight belongs to.
 */
#include "sched.h"

/*
 * Each line: from nice -20 in steps of 5. weight[n] is 1024 * 1.25^-nice, rounded by hand so that neighbours keep the
 * ratio; wmult[n] is 2^32 / weight[n].
 */
const int sched_prio_to_weight[40] = {
	88761, 71755, 56483, 46273, 36291,
	29154, 23254, 18705, 14949, 11916,
	 9548,  7620,  6100,  4904,  3906,
	 3121,  2501,  1991,  1586,  1277,
	 1024,   820,   655,   526,   423,
	  335,   272,   215,   172,   137,
	  110,    87,    70,    56,    45,
	   36,    29,    23,    18,    15,
};

const u32 sched_prio_to_wmult[40] = {
	    48388,     59856,     76040,     92818,    118348,
	   147320,    184698,    229616,    287308,    360437,
	   449829,    563644,    704093,    875809,   1099582,
	  1376151,   1717300,   2157191,   2708050,   3363326,
	  4194304,   5237765,   6557202,   8165337,  10153587,
	 12820798,  15790321,  19976592,  24970740,  31350126,
	 39045157,  49367440,  61356676,  76695844,  95443717,
	119304647, 148102320, 186737708, 238609294, 286331153,
};

static void __update_inv_weight(struct load_weight *lw)
{
	unsigned long w;

	if (likely(lw->inv_weight))
		return;
	w = scale_load_down(lw->weight);
	if (unlikely(w >= 1UL << 32))
		lw->inv_weight = 1;
	else if (unlikely(w <= 1))
		lw->inv_weight = ~0U;
	else
		lw->inv_weight = (1UL << 32) / w;
}

/* delta_exec * weight / lw->weight */
u64 __calc_delta(u64 delta_exec, unsigned long weight, struct load_weight *lw)
{
	__update_inv_weight(lw);
	return mul_u64_u64_shr(delta_exec, (u64)scale_load_down(weight) * lw->inv_weight, 32);
}

void set_load_weight(struct task_struct *p)
{
	int i = p->static_prio - MAX_RT_PRIO;

	if (task_has_idle_policy(p)) {
		p->se.load.weight = scale_load(WEIGHT_IDLEPRIO);
		p->se.load.inv_weight = WMULT_IDLEPRIO;
	} else {
		p->se.load.weight = scale_load(sched_prio_to_weight[i]);
		p->se.load.inv_weight = sched_prio_to_wmult[i];
	}
}
