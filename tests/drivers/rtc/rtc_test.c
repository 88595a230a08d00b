/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/drivers/rtc/rtc_test.c - what is written into the clock's registers means what it should when it is read. */
#include <kunit/test.h>
#include <primer/rtc.h>

/* Every second of a day, in BCD and binary, in 12 and 24 hours. */
static void every_second_test(struct kunit *test)
{
	for (u8 reg_b = 0; reg_b <= 6; reg_b += 2) {
		for (int second = 0; second < 86400; second++) {
			struct cmos_rtc r = { .mday = 1, .mon = 1, .year = reg_b & 4 ? 24 : 0x24, .reg_b = reg_b };
			time64_t t = 0;

			cmos_rtc_encode_time(second / 3600, second / 60 % 60, second % 60, reg_b, &r.hour, &r.min, &r.sec);
			KUNIT_ASSERT_EQ(test, cmos_rtc_decode(&r, &t), 0);
			KUNIT_ASSERT_EQ(test, t, mktime64(2024, 1, 1, 0, 0, second));
		}
	}
}

static struct kunit_case rtc_cases[] = {
	KUNIT_CASE_NAMED(every_second_test, "every second of a day survives each form of the registers"),
	{}
};

static struct kunit_suite rtc_suite = { .name = "rtc", .test_cases = rtc_cases };
kunit_test_suite(rtc_suite);
