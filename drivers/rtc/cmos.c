/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/rtc/cmos.c - the clock that runs while the machine is off.
 *
 * The MC146818 and its heirs sit behind two ports: write an index to 0x70, read or write that byte at 0x71. Ten bytes
 * are the time; a second each, the chip updates them, and while it does (register A, bit 7, "update in progress", up
 * to 2 ms) they mean nothing.
 *
 * The idea: wait until no update is under way, read all, read all again; if the two agree, no update came between.
 * Looking at the bit alone would not do: an interrupt or an SMI may stretch the time between the look and the last
 * read beyond the 244 us that the chip promises after the bit was seen clear.
 *
 * How the bytes are to be read is said by register B: binary or BCD, 24 hours or 12 with bit 7 for the afternoon. The
 * year has two digits; 70 to 99 are taken for the last century. Where the century is kept differs by machine and is
 * told by the FADT.
 *
 * Bit 7 of port 0x70 masks NMIs on old machines; it is written as 0: NMIs on.
 *
 * Locking: rtc_lock, interrupts off, for the pair of ports.
 */
#define pr_fmt(fmt) "rtc_cmos: " fmt
#include <primer/err.h>
#include <primer/init.h>
#include <primer/printk.h>
#include <primer/rtc.h>
#include <primer/spinlock.h>
#include <primer/string.h>
#include <primer/timekeeping.h>
#include <asm/io.h>

#define RTC_PORT_INDEX		0x70
#define RTC_PORT_DATA		0x71

#define RTC_SECONDS		0x00
#define RTC_MINUTES		0x02
#define RTC_HOURS		0x04
#define RTC_DAY_OF_MONTH	0x07
#define RTC_MONTH		0x08
#define RTC_YEAR		0x09
#define RTC_REG_A		0x0a
#define RTC_REG_B		0x0b
#define RTC_UIP			0x80	/* A: update in progress */
#define RTC_SET			0x80	/* B: stand still, the time is being set */
#define RTC_DM_BINARY		0x04	/* B: binary, not BCD */
#define RTC_24H			0x02	/* B: hours 0..23 */
#define RTC_PM			0x80	/* in the hours, in 12-hour mode */

static DEFINE_SPINLOCK(rtc_lock, LOCK_RANK_CMOS);	/* ports 0x70 and 0x71; interrupts off */

static u8 cmos_read_locked(u8 index)
{
	outb(index & 0x7f, RTC_PORT_INDEX);
	return inb(RTC_PORT_DATA);
}

u8 rtc_cmos_read(u8 index)
{
	unsigned long flags;
	u8 val;

	spin_lock_irqsave(&rtc_lock, flags);
	val = cmos_read_locked(index);
	spin_unlock_irqrestore(&rtc_lock, flags);
	return val;
}

void rtc_cmos_write(u8 val, u8 index)
{
	unsigned long flags;

	spin_lock_irqsave(&rtc_lock, flags);
	outb(index & 0x7f, RTC_PORT_INDEX);
	outb(val, RTC_PORT_DATA);
	spin_unlock_irqrestore(&rtc_lock, flags);
}

/* ---- what the registers mean ------------------------------------------------------------------------------------- */

/* -1 for a byte that is no BCD number. */
static int from_bcd(u8 v)
{
	return (v & 0x0f) > 9 || v >> 4 > 9 ? -1 : (v >> 4) * 10 + (v & 0x0f);
}

static int field(u8 v, u8 reg_b)
{
	return (reg_b & RTC_DM_BINARY) ? v : from_bcd(v);
}

int cmos_rtc_decode(const struct cmos_rtc *regs, time64_t *t)
{
	static const u8 days_in_month[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool pm = !(regs->reg_b & RTC_24H) && (regs->hour & RTC_PM);
	int sec = field(regs->sec, regs->reg_b), min = field(regs->min, regs->reg_b);
	int hour = field(regs->reg_b & RTC_24H ? regs->hour : regs->hour & ~RTC_PM, regs->reg_b);
	int mday = field(regs->mday, regs->reg_b), mon = field(regs->mon, regs->reg_b),
	    year = field(regs->year, regs->reg_b);

	if (!(regs->reg_b & RTC_24H)) {
		/* 12 is the first hour of its half day. */
		if (hour < 1 || hour > 12)
			return -EINVAL;
		hour = hour % 12 + (pm ? 12 : 0);
	}
	if (sec < 0 || sec > 59 || min < 0 || min > 59 || hour < 0 || hour > 23 || mon < 1 || mon > 12 || year < 0 ||
	    year > 99 || mday < 1 || mday > days_in_month[mon - 1])
		return -EINVAL;
	year += year < 70 ? 2000 : 1900;
	if (mon == 2 && mday == 29 && year % 4)
		return -EINVAL;
	*t = mktime64(year, mon, mday, hour, min, sec);
	return 0;
}

static u8 to_field(int v, u8 reg_b)
{
	return (reg_b & RTC_DM_BINARY) ? v : v / 10 << 4 | v % 10;
}

void cmos_rtc_encode_time(int h, int m, int s, u8 reg_b, u8 *hour, u8 *min, u8 *sec)
{
	*sec = to_field(s, reg_b);
	*min = to_field(m, reg_b);
	if (reg_b & RTC_24H)
		*hour = to_field(h, reg_b);
	else
		*hour = to_field(h % 12 ? h % 12 : 12, reg_b) | (h >= 12 ? RTC_PM : 0);
}

/* ---- reading them ------------------------------------------------------------------------------------------------ */

/* Context: rtc_lock held. False: the update does not end; there is no such chip. */
static bool read_between_updates(struct cmos_rtc *r)
{
	int tries = 10000;		/* an access takes about a microsecond */

	while (cmos_read_locked(RTC_REG_A) & RTC_UIP)
		if (!--tries)
			return false;
	*r = (struct cmos_rtc){
		.sec = cmos_read_locked(RTC_SECONDS),
		.min = cmos_read_locked(RTC_MINUTES),
		.hour = cmos_read_locked(RTC_HOURS),
		.mday = cmos_read_locked(RTC_DAY_OF_MONTH),
		.mon = cmos_read_locked(RTC_MONTH),
		.year = cmos_read_locked(RTC_YEAR),
		.reg_b = cmos_read_locked(RTC_REG_B),
	};
	return true;
}

int mach_get_cmos_time(struct timespec64 *ts)
{
	struct cmos_rtc a, b;
	bool same = false;

	for (int tries = 0; tries < 5 && !same; tries++) {
		unsigned long flags;
		bool ok;

		spin_lock_irqsave(&rtc_lock, flags);
		ok = read_between_updates(&a) && read_between_updates(&b);
		spin_unlock_irqrestore(&rtc_lock, flags);
		if (!ok)
			return -EIO;
		same = !memcmp(&a, &b, sizeof(a));
	}
	if (!same)
		return -EIO;
	ts->tv_nsec = 0;
	return cmos_rtc_decode(&a, &ts->tv_sec);
}

static void cmos_write_locked(u8 val, u8 index)
{
	outb(index & 0x7f, RTC_PORT_INDEX);
	outb(val, RTC_PORT_DATA);
}

/* While SET is 1 the chip does not go on, and nobody sees half of a date: the lock is held, too. */
int mach_set_cmos_time(time64_t t)
{
	unsigned long flags;
	u8 b, hour, min, sec;
	struct tm tm;

	time64_to_tm(t, 0, &tm);
	if (tm.tm_year < 70 || tm.tm_year > 169)
		return -EINVAL;
	spin_lock_irqsave(&rtc_lock, flags);
	b = cmos_read_locked(RTC_REG_B);
	cmos_rtc_encode_time(tm.tm_hour, tm.tm_min, tm.tm_sec, b, &hour, &min, &sec);
	cmos_write_locked(b | RTC_SET, RTC_REG_B);
	cmos_write_locked(sec, RTC_SECONDS);
	cmos_write_locked(min, RTC_MINUTES);
	cmos_write_locked(hour, RTC_HOURS);
	cmos_write_locked(to_field(tm.tm_mday, b), RTC_DAY_OF_MONTH);
	cmos_write_locked(to_field(tm.tm_mon + 1, b), RTC_MONTH);
	cmos_write_locked(to_field(tm.tm_year % 100, b), RTC_YEAR);
	cmos_write_locked(b, RTC_REG_B);
	spin_unlock_irqrestore(&rtc_lock, flags);
	return 0;
}

/* Before the filesystems are filled: files should not be from 1970. */
static int __init rtc_cmos_init(void)
{
	struct timespec64 ts;
	struct tm tm;
	int err = mach_get_cmos_time(&ts);

	if (!err)
		err = do_settimeofday64(&ts);
	if (err) {
		pr_warn("unable to read the clock (error %d): the date stays 1970\n", err);
		return 0;
	}
	time64_to_tm(ts.tv_sec, 0, &tm);
	pr_info("setting system clock to %04ld-%02d-%02dT%02d:%02d:%02d UTC (%lld)\n", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ts.tv_sec);
	return 0;
}
arch_initcall(rtc_cmos_init);
