/* SPDX-License-Identifier: GPL-2.0-only */
/* include/uapi/rtc.h - commands of ioctl() for the battery-backed clock, /dev/rtc0. */
#ifndef UAPI_RTC_H
#define UAPI_RTC_H

/* Like struct tm: tm_mon 0..11, tm_year since 1900. */
struct rtc_time {
	int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
};

#define RTC_AIE_ON	0x7001		/* alarm interrupts */
#define RTC_AIE_OFF	0x7002
#define RTC_UIE_ON	0x7003		/* one each second, when the clock has been updated */
#define RTC_UIE_OFF	0x7004
#define RTC_PIE_ON	0x7005		/* periodic */
#define RTC_PIE_OFF	0x7006
#define RTC_ALM_SET	0x40247007	/* struct rtc_time: hour, minute and second count */
#define RTC_ALM_READ	0x80247008
#define RTC_RD_TIME	0x80247009
#define RTC_SET_TIME	0x4024700a
#define RTC_IRQP_READ	0x8008700b	/* rate of the periodic ones, in Hz */
#define RTC_IRQP_SET	0x4008700c

/* What read() returns: a number of interrupts in the upper bits, and below which kinds they were. */
#define RTC_IRQF	0x80
#define RTC_PF		0x40
#define RTC_AF		0x20
#define RTC_UF		0x10

#endif
