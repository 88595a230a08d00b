/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/time/time.c - dates to seconds and back, nanoseconds to seconds and back.
 *
 * The Gregorian calendar is regular but for February. Counting years from March puts the leap day at the end of the
 * year, and the lengths of the months from March on (31 30 31 30 31 31 30 31 30 31 31 28+) follow one formula: the
 * first day of month m (March is 0) is day (153 * m + 2) / 5 of the year, because 31 30 31 30 31 repeats every five
 * months and 153 days. The calendar repeats after 400 years of 146097 days.
 *
 *	year 2023             Mar ............ Dec | Jan Feb(29)	belongs to the March-year 2023
 *	year 2024   Jan Feb | Mar ...
 *
 * Pure functions; any context.
 */
#include <primer/time.h>

#define DAYS_PER_400_YEARS	146097
#define DAYS_TO_1970		719468		/* from 1 March of year 0 */
#define SECS_PER_DAY		86400

time64_t mktime64(unsigned int year0, unsigned int mon0, unsigned int day, unsigned int hour, unsigned int min,
		  unsigned int sec)
{
	/* March is month 0 of its year, February month 11 of the year before. */
	u64 mon = mon0 > 2 ? mon0 - 3 : mon0 + 9;
	u64 year = mon0 > 2 ? year0 : year0 - 1;
	s64 days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * mon + 2) / 5 + day - 1 - DAYS_TO_1970;

	return ((days * 24 + hour) * 60 + min) * 60 + sec;
}

void time64_to_tm(time64_t totalsecs, int offset, struct tm *result)
{
	s64 days = totalsecs / SECS_PER_DAY, rem = totalsecs % SECS_PER_DAY, era;
	u32 doe, yoe, doy, mp;
	s64 year;
	bool leap;

	rem += offset;
	while (rem < 0) {
		rem += SECS_PER_DAY;
		days--;
	}
	while (rem >= SECS_PER_DAY) {
		rem -= SECS_PER_DAY;
		days++;
	}
	result->tm_hour = rem / 3600;
	result->tm_min = rem / 60 % 60;
	result->tm_sec = rem % 60;
	/* 1 January 1970 was a Thursday. */
	result->tm_wday = (days % 7 + 7 + 4) % 7;

	days += DAYS_TO_1970;
	era = (days >= 0 ? days : days - (DAYS_PER_400_YEARS - 1)) / DAYS_PER_400_YEARS;
	doe = days - era * DAYS_PER_400_YEARS;					/* day of the era, 0 .. 146096 */
	/* year of the era: leap days taken out */
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);				/* day of the March-year */
	mp = (5 * doy + 2) / 153;						/* month, March 0 */
	year = yoe + era * 400 + (mp >= 10);

	result->tm_mday = doy - (153 * mp + 2) / 5 + 1;
	result->tm_mon = mp < 10 ? mp + 2 : mp - 10;
	result->tm_year = year - 1900;
	leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	result->tm_yday = mp >= 10 ? doy - 306 : doy + 59 + leap;
}

struct timespec64 ns_to_timespec64(s64 nsec)
{
	struct timespec64 ts = { .tv_sec = nsec / NSEC_PER_SEC, .tv_nsec = nsec % NSEC_PER_SEC };

	/* Division rounds towards zero; tv_nsec is never negative. */
	if (ts.tv_nsec < 0) {
		ts.tv_sec--;
		ts.tv_nsec += NSEC_PER_SEC;
	}
	return ts;
}

void set_normalized_timespec64(struct timespec64 *ts, time64_t sec, s64 nsec)
{
	struct timespec64 n = ns_to_timespec64(nsec);

	ts->tv_sec = sec + n.tv_sec;
	ts->tv_nsec = n.tv_nsec;
}
