/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/time/timekeeping_internal.h - between the files of this room; private to it. */
#ifndef KERNEL_TIMEKEEPING_INTERNAL_H
#define KERNEL_TIMEKEEPING_INTERNAL_H

struct clocksource;

/* timekeeping_notify - @best is now the best clocksource: run on it from this moment. Context: task or boot. */
void timekeeping_notify(struct clocksource *best);

#endif
