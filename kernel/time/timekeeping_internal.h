/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/time/timekeeping_internal.h - between the files of this room; private to it. */
#ifndef KERNEL_TIMEKEEPING_INTERNAL_H
#define KERNEL_TIMEKEEPING_INTERNAL_H

#include <primer/types.h>

struct clocksource;

/* timekeeping_notify - @best is now the best clocksource: run on it from this moment. Context: task or boot. */
void timekeeping_notify(struct clocksource *best);
/* timekeeping_clock - the one it runs on; NULL before timekeeping_init(). */
struct clocksource *timekeeping_clock(void);
/*
 * ktime_get_update_offsets_now - MONOTONIC now; and, when *@cwsseq is not the number of the last change of the clocks'
 * offsets, that number and the offsets. Context: interrupts off.
 */
ktime_t ktime_get_update_offsets_now(unsigned int *cwsseq, ktime_t *offs_real, ktime_t *offs_boot, ktime_t *offs_tai);

#endif
