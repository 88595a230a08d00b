/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/rtc/dev.c - /dev/rtc0: the battery clock as a file, and its interrupt.
 *
 * The clock can do more than tell the time. Three events pull its line, each when its bit in register B allows it;
 * register C says which have happened, and reading C clears them all. A line that nobody clears stays up: no further
 * edge would ever come.
 *
 *	B: PIE   C: PF	periodic: a divider of the 32768 Hz crystal, 2 to 8192 times a second
 *	   AIE      AF	the time of day is that of the alarm registers
 *	   UIE      UF	the clock has gone on by one second
 *
 *	interrupt 8 --> handler: read C --> count it --> wake --> read() returns count << 8 | kinds
 *
 * So a program waits for the beginning of a second, or for 1024 ticks, by reading a file.
 *
 * The file is open once at a time: there is one set of events. Closing switches all of them off.
 *
 * Locking: rtc_dev_lock, interrupts off, for register B and the count; the ports have a lock of their own below it
 * (cmos.c).
 *
 * Linux (drivers/rtc) has a class of clocks with timers queued behind one alarm, so that several users share it, and
 * makes the update interrupt from that. Reference: Motorola MC146818A data sheet.
 */
#define pr_fmt(fmt) "rtc_cmos: " fmt
#include <primer/bitops.h>
#include <primer/cdev.h>
#include <primer/cred.h>
#include <primer/devtmpfs.h>
#include <primer/err.h>
#include <primer/fs.h>
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/kernel.h>
#include <primer/log2.h>
#include <primer/poll.h>
#include <primer/printk.h>
#include <primer/rtc.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/spinlock.h>
#include <primer/string.h>
#include <primer/wait.h>
#include <asm/uaccess.h>
#include <uapi/capability.h>
#include <uapi/fcntl.h>
#include <uapi/rtc.h>

#define RTC_IRQ			8
#define RTC_SECONDS_ALARM	0x01
#define RTC_MINUTES_ALARM	0x03
#define RTC_HOURS_ALARM		0x05
#define RTC_REG_A		0x0a
#define RTC_REG_B		0x0b
#define RTC_REG_C		0x0c
#define RTC_EVENTS		(RTC_PF | RTC_AF | RTC_UF)	/* the same bits in B and C */
#define RTC_MAX_USER_FREQ	64		/* faster ticks are for the administrator */

static DEFINE_SPINLOCK(rtc_dev_lock, LOCK_RANK_DRIVER);	/* register B; events; taken in the handler */
static DECLARE_WAIT_QUEUE_HEAD(rtc_wait);
static unsigned long events;			/* [rtc_dev_lock] count << 8 | kinds, since the last read() */
static unsigned long is_open;			/* bit 0, atomic */
static unsigned int irq_freq = 1024;		/* [rtc_dev_lock] Hz */
static struct rtc_time alarm;			/* [rtc_dev_lock] as it was set */

static irqreturn_t rtc_interrupt(int irq, void *dev_id)
{
	unsigned long flags;
	u8 kinds;

	spin_lock_irqsave(&rtc_dev_lock, flags);
	/* C shows what has happened even if B did not allow it to interrupt. */
	kinds = rtc_cmos_read(RTC_REG_C) & rtc_cmos_read(RTC_REG_B) & RTC_EVENTS;
	if (kinds)
		events = (events + 0x100) | RTC_IRQF | kinds;
	spin_unlock_irqrestore(&rtc_dev_lock, flags);
	if (!kinds)
		return IRQ_NONE;
	wake_up_interruptible(&rtc_wait);
	return IRQ_HANDLED;
}

/* Allow or forbid kinds of events. What happened before is forgotten. */
static void rtc_enable(u8 kinds, bool on)
{
	unsigned long flags;
	u8 b;

	spin_lock_irqsave(&rtc_dev_lock, flags);
	b = rtc_cmos_read(RTC_REG_B);
	rtc_cmos_write(on ? b | kinds : b & ~kinds, RTC_REG_B);
	rtc_cmos_read(RTC_REG_C);
	spin_unlock_irqrestore(&rtc_dev_lock, flags);
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static int set_frequency(unsigned long hz)
{
	unsigned long flags;

	if (hz < 2 || hz > 8192 || !is_power_of_2(hz))
		return -EINVAL;
	if (hz > RTC_MAX_USER_FREQ && !capable(CAP_SYS_RESOURCE))
		return -EACCES;
	spin_lock_irqsave(&rtc_dev_lock, flags);
	irq_freq = hz;
	/* Rate r means 32768 >> (r - 1) Hz. */
	rtc_cmos_write((rtc_cmos_read(RTC_REG_A) & 0xf0) | (16 - ilog2(hz)), RTC_REG_A);
	spin_unlock_irqrestore(&rtc_dev_lock, flags);
	return 0;
}

static int set_alarm(const struct rtc_time *t)
{
	u8 sec, min, hour;
	unsigned long flags;

	if (t->tm_sec < 0 || t->tm_sec > 59 || t->tm_min < 0 || t->tm_min > 59 || t->tm_hour < 0 || t->tm_hour > 23)
		return -EINVAL;
	cmos_rtc_encode_time(t->tm_hour, t->tm_min, t->tm_sec, rtc_cmos_read(RTC_REG_B), &hour, &min, &sec);
	spin_lock_irqsave(&rtc_dev_lock, flags);
	alarm = *t;
	rtc_cmos_write(hour, RTC_HOURS_ALARM);
	rtc_cmos_write(min, RTC_MINUTES_ALARM);
	rtc_cmos_write(sec, RTC_SECONDS_ALARM);
	spin_unlock_irqrestore(&rtc_dev_lock, flags);
	return 0;
}

static int read_time(struct rtc_time *t)
{
	struct timespec64 ts;
	struct tm tm;
	int err = mach_get_cmos_time(&ts);

	if (err)
		return err;
	time64_to_tm(ts.tv_sec, 0, &tm);
	*t = (struct rtc_time){ tm.tm_sec, tm.tm_min, tm.tm_hour, tm.tm_mday, tm.tm_mon, tm.tm_year, tm.tm_wday, tm.tm_yday, 0 };
	return 0;
}

static int set_time(const struct rtc_time *t)
{
	static const u8 days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = t->tm_year % 4 == 0;	/* right from 1970 to 2069, which two digits reach */
	unsigned long flags;
	int err;

	if (t->tm_year < 70 || t->tm_year > 169 || t->tm_mon < 0 || t->tm_mon > 11 || t->tm_mday < 1 ||
	    t->tm_mday > days[t->tm_mon] + (t->tm_mon == 1 && leap) || t->tm_hour < 0 || t->tm_hour > 23 ||
	    t->tm_min < 0 || t->tm_min > 59 || t->tm_sec < 0 || t->tm_sec > 59)
		return -EINVAL;
	/* It writes register B, too. */
	spin_lock_irqsave(&rtc_dev_lock, flags);
	err = mach_set_cmos_time(mktime64(t->tm_year + 1900, t->tm_mon + 1, t->tm_mday, t->tm_hour, t->tm_min, t->tm_sec));
	spin_unlock_irqrestore(&rtc_dev_lock, flags);
	return err;
}

static long rtc_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;
	struct rtc_time t;
	unsigned long hz, flags;
	int err;

	switch (cmd) {
	case RTC_AIE_ON:
	case RTC_AIE_OFF:
		rtc_enable(RTC_AF, cmd == RTC_AIE_ON);
		return 0;
	case RTC_UIE_ON:
	case RTC_UIE_OFF:
		rtc_enable(RTC_UF, cmd == RTC_UIE_ON);
		return 0;
	case RTC_PIE_ON:
		if (irq_freq > RTC_MAX_USER_FREQ && !capable(CAP_SYS_RESOURCE))
			return -EACCES;
		rtc_enable(RTC_PF, true);
		return 0;
	case RTC_PIE_OFF:
		rtc_enable(RTC_PF, false);
		return 0;
	case RTC_IRQP_READ:
		return put_user((unsigned long)irq_freq, (unsigned long __user *)p);
	case RTC_IRQP_SET:
		hz = arg;
		return set_frequency(hz);
	case RTC_ALM_READ:
		spin_lock_irqsave(&rtc_dev_lock, flags);
		t = alarm;
		spin_unlock_irqrestore(&rtc_dev_lock, flags);
		return copy_to_user(p, &t, sizeof(t)) ? -EFAULT : 0;
	case RTC_ALM_SET:
		return copy_from_user(&t, p, sizeof(t)) ? -EFAULT : set_alarm(&t);
	case RTC_RD_TIME:
		err = read_time(&t);
		return err ? err : copy_to_user(p, &t, sizeof(t)) ? -EFAULT : 0;
	case RTC_SET_TIME:
		if (!capable(CAP_SYS_TIME))
			return -EACCES;
		return copy_from_user(&t, p, sizeof(t)) ? -EFAULT : set_time(&t);
	default:
		return -ENOTTY;
	}
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

/* The events since the last read; 0: none. */
static unsigned long take_events(void)
{
	unsigned long flags, taken;

	spin_lock_irqsave(&rtc_dev_lock, flags);
	taken = events;
	events = 0;
	spin_unlock_irqrestore(&rtc_dev_lock, flags);
	return taken;
}

static ssize_t rtc_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	unsigned long data = 0;
	int err;

	if (count != sizeof(unsigned int) && count < sizeof(unsigned long))
		return -EINVAL;
	if (file->f_flags & O_NONBLOCK) {
		data = take_events();
		if (!data)
			return -EAGAIN;
	} else {
		err = wait_event_interruptible(rtc_wait, (data = take_events()));
		if (err)
			return err;
	}
	count = min(count, sizeof(data));
	return copy_to_user(buf, &data, count) ? -EFAULT : (ssize_t)count;
}

static unsigned int rtc_poll(struct file *file, struct poll_table_struct *wait)
{
	poll_wait(file, &rtc_wait, wait);
	return READ_ONCE(events) ? EPOLLIN | EPOLLRDNORM : 0;
}

static int rtc_open(struct inode *inode, struct file *file)
{
	if (MINOR(inode->i_rdev))
		return -ENXIO;
	if (test_and_set_bit(0, &is_open))
		return -EBUSY;
	take_events();
	return stream_open(inode, file);
}

static int rtc_release(struct inode *inode, struct file *file)
{
	rtc_enable(RTC_EVENTS, false);
	clear_bit(0, &is_open);
	return 0;
}

static const struct file_operations rtc_fops = {
	.open = rtc_open, .release = rtc_release, .read = rtc_read, .poll = rtc_poll, .unlocked_ioctl = rtc_ioctl,
};

static int __init rtc_dev_init(void)
{
	struct timespec64 ts;
	int major;

	if (mach_get_cmos_time(&ts) == -EIO)
		return 0;				/* no such chip */
	/* The firmware may have left an alarm. */
	rtc_enable(RTC_EVENTS, false);
	set_frequency(irq_freq);
	if (request_irq(RTC_IRQ, rtc_interrupt, 0, "rtc0", NULL))
		pr_warn("no interrupt %d: no alarms\n", RTC_IRQ);
	major = register_chrdev(0, "rtc", &rtc_fops);
	if (major < 0)
		return major;
	devtmpfs_create_node("rtc0", S_IFCHR | 0600, MKDEV(major, 0));
	pr_info("registered as rtc0\n");
	return 0;
}
device_initcall(rtc_dev_init);
