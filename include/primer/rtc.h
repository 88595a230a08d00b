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

/* mach_set_cmos_time - set the clock, in the form and within the century that it keeps. 0, -EINVAL. Context: task. */
int mach_set_cmos_time(time64_t t);

/* cmos_rtc_encode_time - a time of day as the chip's registers keep it when register B is @reg_b. Pure. */
void cmos_rtc_encode_time(int h, int m, int s, u8 reg_b, u8 *hour, u8 *min, u8 *sec);

/* CMOS memory by index; rtc_lock is taken inside. */
u8 rtc_cmos_read(u8 index);
void rtc_cmos_write(u8 val, u8 index);

#endif
