/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/rtc.c - /dev/rtc0: what the battery clock says, and its three kinds of interrupts, timed by the monotonic
 * clock.
 *
 * The bounds are wide where the clock belongs to a host that is busy with other things.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The kernel's <linux/rtc.h>, which musl does not come with. */
struct rtc_time {
	int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
};
#define RTC_AIE_ON	_IO('p', 0x01)
#define RTC_UIE_ON	_IO('p', 0x03)
#define RTC_UIE_OFF	_IO('p', 0x04)
#define RTC_PIE_ON	_IO('p', 0x05)
#define RTC_PIE_OFF	_IO('p', 0x06)
#define RTC_ALM_SET	_IOW('p', 0x07, struct rtc_time)
#define RTC_RD_TIME	_IOR('p', 0x09, struct rtc_time)
#define RTC_SET_TIME	_IOW('p', 0x0a, struct rtc_time)
#define RTC_IRQP_READ	_IOR('p', 0x0b, unsigned long)
#define RTC_IRQP_SET	_IOW('p', 0x0c, unsigned long)
#define RTC_IRQF	0x80
#define RTC_PF		0x40
#define RTC_AF		0x20
#define RTC_UF		0x10

static int fd, failed;

static void check(const char *what, int ok)
{
	printf("%s: %s\n", what, ok ? "ok" : "WRONG");
	failed |= !ok;
}

/* A span in ms that must lie within two. */
static void between(const char *what, long long ms, long long least, long long most)
{
	printf("%s: %s (%lld ms)\n", what, ms >= least && ms <= most ? "ok" : "WRONG", ms);
	failed |= ms < least || ms > most;
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Interrupts until @n have come; how many ms that took, -1 on an error or a wrong kind. */
static long long collect(unsigned int n, unsigned int kind)
{
	long long start = now_ms();

	while (n) {
		unsigned long data = 0;

		if (read(fd, &data, sizeof(data)) != sizeof(data) || !(data & kind) || !(data & RTC_IRQF))
			return -1;
		n = data >> 8 > n ? 0 : n - (data >> 8);
	}
	return now_ms() - start;
}

/* The same, once in five times within the bounds: the host may stop the machine for a moment. */
static long long collect_within(unsigned int n, unsigned int kind, long long least, long long most)
{
	long long ms = -1;

	for (int i = 0; i < 5 && (ms < least || ms > most); i++)
		ms = collect(n, kind);
	return ms;
}

static void interrupts_in_proc(void)
{
	char line[1024];
	FILE *f = fopen("/proc/interrupts", "r");

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "rtc0"))
			printf("line: %s", line);
	if (f)
		fclose(f);
}

int main(void)
{
	struct rtc_time t, u;
	struct tm tm;
	unsigned long hz = 0;
	long long ms;
	time_t wall;

	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/dev", 0755);
	mkdir("/proc", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("proc", "/proc", "proc", 0, NULL);
	fd = open("/dev/rtc0", O_RDWR);
	if (fd < 0) {
		perror("/dev/rtc0");
		return 1;
	}
	check("open a second time: busy", open("/dev/rtc0", O_RDWR) == -1 && errno == EBUSY);

	check("RTC_RD_TIME", ioctl(fd, RTC_RD_TIME, &t) == 0);
	wall = time(NULL);
	gmtime_r(&wall, &tm);
	check("it agrees with the wall clock", t.tm_year == tm.tm_year && t.tm_mon == tm.tm_mon && t.tm_mday == tm.tm_mday &&
	      labs((t.tm_hour - tm.tm_hour) * 3600L + (t.tm_min - tm.tm_min) * 60L + t.tm_sec - tm.tm_sec) <= 1);

	check("RTC_UIE_ON", ioctl(fd, RTC_UIE_ON) == 0);
	ms = collect(1, RTC_UF);
	between("the first update within a second", ms, 0, 3000);
	ms = collect_within(1, RTC_UF, 500, 1500);
	between("the next one a second later", ms, 500, 1500);
	check("RTC_UIE_OFF", ioctl(fd, RTC_UIE_OFF) == 0);

	check("RTC_IRQP_SET 64", ioctl(fd, RTC_IRQP_SET, 64) == 0);
	check("RTC_IRQP_READ", ioctl(fd, RTC_IRQP_READ, &hz) == 0 && hz == 64);
	check("RTC_IRQP_SET 500: no power of two", ioctl(fd, RTC_IRQP_SET, 500) == -1 && errno == EINVAL);
	check("RTC_PIE_ON", ioctl(fd, RTC_PIE_ON) == 0);
	collect(1, RTC_PF);
	ms = collect_within(64, RTC_PF, 900, 1900);
	between("64 periods of 1/64 s", ms, 900, 1900);
	check("RTC_PIE_OFF", ioctl(fd, RTC_PIE_OFF) == 0);

	check("RTC_SET_TIME", (t = (struct rtc_time){ .tm_sec = 58, .tm_min = 59, .tm_hour = 23, .tm_mday = 28, .tm_mon = 1,
			       .tm_year = 124 }, ioctl(fd, RTC_SET_TIME, &t)) == 0);
	check("RTC_SET_TIME 30 February", (t.tm_mday = 30, ioctl(fd, RTC_SET_TIME, &t)) == -1 && errno == EINVAL);
	memset(&u, 0, sizeof(u));
	check("RTC_ALM_SET midnight", ioctl(fd, RTC_ALM_SET, &u) == 0);
	check("RTC_AIE_ON", ioctl(fd, RTC_AIE_ON) == 0);
	ms = collect(1, RTC_AF);
	between("the alarm comes at midnight", ms, 500, 3500);
	check("after it, a leap year's day", ioctl(fd, RTC_RD_TIME, &t) == 0 && t.tm_mday == 29 && t.tm_mon == 1 && t.tm_hour == 0);
	interrupts_in_proc();
	close(fd);
	fd = open("/dev/rtc0", O_RDONLY | O_NONBLOCK);
	check("closing has switched it off", fd >= 0 && read(fd, &hz, sizeof(hz)) == -1 && errno == EAGAIN);
	return failed;
}
