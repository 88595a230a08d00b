/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/time/timespec_user.c - times on their way from and to a program: two 64-bit words, whatever they are called.
 *
 * What the words say is not judged here: the caller asks timespec64_valid(), at the place in the order of its errors
 * where Linux has that test.
 *
 * Context: task; may sleep (a page fault), so no spinning lock is held.
 *
 * Linux: kernel/time/time.c, which also has the structures of 32-bit programs.
 */
#include <primer/err.h>
#include <primer/time.h>
#include <asm/uaccess.h>

int get_timespec64(struct timespec64 *ts, const struct __kernel_timespec __user *uts)
{
	struct __kernel_timespec kts;

	if (copy_from_user(&kts, uts, sizeof(kts)))
		return -EFAULT;
	*ts = (struct timespec64){ kts.tv_sec, kts.tv_nsec };
	return 0;
}

int put_timespec64(const struct timespec64 *ts, struct __kernel_timespec __user *uts)
{
	struct __kernel_timespec kts = { .tv_sec = ts->tv_sec, .tv_nsec = ts->tv_nsec };

	return copy_to_user(uts, &kts, sizeof(kts)) ? -EFAULT : 0;
}

int get_itimerspec64(struct itimerspec64 *it, const struct __kernel_itimerspec __user *uit)
{
	return get_timespec64(&it->it_interval, &uit->it_interval) || get_timespec64(&it->it_value, &uit->it_value) ? -EFAULT : 0;
}

int put_itimerspec64(const struct itimerspec64 *it, struct __kernel_itimerspec __user *uit)
{
	return put_timespec64(&it->it_interval, &uit->it_interval) || put_timespec64(&it->it_value, &uit->it_value) ? -EFAULT : 0;
}
