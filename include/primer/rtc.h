/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/rtc.h - the battery-backed clock of the PC (MC146818 and its heirs), at ports 0x70 and 0x71. */
#ifndef PRIMER_RTC_H
#define PRIMER_RTC_H

#include <primer/time.h>

/* What the chip's registers say, raw. */
struct cmos_rtc {
	u8 sec, min, hour, mday, mon, year, century, reg_b;
};

/* cmos_rtc_decode - the time that the registers mean, or -EINVAL for an impossible date. Pure. */
int cmos_rtc_decode(const struct cmos_rtc *regs, time64_t *t);

/*
 * mach_get_cmos_time - read the clock, two equal readings between two updates; -EIO when it does not hold still.
 * Context: task or boot.
 */
int mach_get_cmos_time(struct timespec64 *ts);

/* CMOS memory by index; rtc_lock is taken inside. */
u8 rtc_cmos_read(u8 index);
void rtc_cmos_write(u8 val, u8 index);

#endif
