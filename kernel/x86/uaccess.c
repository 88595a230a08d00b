/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/uaccess.c - user memory as seen from C.
 *
 * The problem. A system call gets addresses from a program that may be wrong or hostile: an address of the kernel, a page that
 * is not there yet, a page that another thread unmaps in this moment. No check made beforehand can answer for the last two.
 *
 * The idea. Two fences. access_ok() compares numbers: the range must lie below TASK_SIZE, so that whatever happens next, it does
 * not happen to the kernel. Then the access is simply made, by instructions that are listed in the exception table: if the
 * page fault handler finds no way to make the page appear, execution goes on at the fixup, and the function returns how
 * much is missing. Between the two, STAC opens user pages on CPUs with SMAP; everywhere else in the kernel a stray access to
 * them faults.
 *
 * Strings are read eight bytes at a time, and singly near the end of a page: the eight bytes never reach into a page that the
 * string itself may not.
 *
 * Linux (arch/x86/lib) has variants by CPU model (ERMS, FSRM, non-temporal stores); one form serves here.
 */
#include <primer/kasan-checks.h>
#include <primer/string.h>
#include <asm/msr.h>
#include <asm/uaccess.h>

unsigned long __clear_user(void *to, unsigned long n);
int __rdmsr_safe(u32 msr, u64 *val);
int __copy_kernel_nofault(void *dst, const void *src, unsigned long n);

unsigned long copy_from_user(void *to, const void __user *from, unsigned long n)
{
	unsigned long left = n;

	kasan_check_write(to, n);
	if (access_ok(from, n))
		left = __copy_user(to, from, n);
	if (unlikely(left))
		memset((char *)to + (n - left), 0, left);
	return left;
}

unsigned long copy_to_user(void __user *to, const void *from, unsigned long n)
{
	kasan_check_read(from, n);
	if (!access_ok(to, n))
		return n;
	return __copy_user(to, from, n);
}

unsigned long clear_user(void __user *to, unsigned long n)
{
	if (!access_ok(to, n))
		return n;
	return __clear_user(to, n);
}

/* True when some byte of @w is zero: subtracting 1 from each byte borrows into the top bit only below 0x80 or at zero. */
static __always_inline unsigned long has_zero(unsigned long w)
{
	return (w - 0x0101010101010101UL) & ~w & 0x8080808080808080UL;
}

/* One aligned eight-byte read of user memory; 0 or -EFAULT. The caller has opened the pages and checked the range. */
static __always_inline int read_user_word(unsigned long *w, const unsigned long __user *p)
{
	int err = 0;
	unsigned long v;

	__get_user_asm(v, p, err, "movq", "");
	*w = v;
	return err;
}

static __always_inline int read_user_byte(char *c, const char __user *p)
{
	int err = 0;
	unsigned long v;

	__get_user_asm(v, (const u8 *)p, err, "movzbl", "k");
	*c = (char)v;
	return err;
}

long strncpy_from_user(char *dst, const char __user *src, long count)
{
	unsigned long addr = (unsigned long)src, max, w;
	long done = 0;

	if (count <= 0)
		return 0;
	if (addr >= TASK_SIZE)
		return -EFAULT;
	max = min_t(unsigned long, count, TASK_SIZE - addr);

	while (done < (long)max) {
		if (offset_in_page(addr + done) <= PAGE_SIZE - 8 && (unsigned long)done + 8 <= max) {
			unsigned long zero;

			if (read_user_word(&w, (const unsigned long *)(addr + done)))
				return -EFAULT;
			memcpy(dst + done, &w, 8);
			zero = has_zero(w);
			if (zero)
				return done + (__builtin_ctzl(zero) >> 3);
			done += 8;
			continue;
		}
		if (read_user_byte(dst + done, (const char *)(addr + done)))
			return -EFAULT;
		if (!dst[done])
			return done;
		done++;
	}
	/* No NUL up to here: the caller's limit, or the end of user space, which the next byte would have crossed. */
	return done == count ? count : -EFAULT;
}

long strnlen_user(const char __user *s, long n)
{
	unsigned long addr = (unsigned long)s, max, w;
	long done = 0;
	char c;

	if (n <= 0 || addr >= TASK_SIZE)
		return 0;
	max = min_t(unsigned long, n, TASK_SIZE - addr);

	while (done < (long)max) {
		if (IS_ALIGNED(addr + done, 8) && (unsigned long)done + 8 <= max) {
			if (read_user_word(&w, (const unsigned long *)(addr + done)))
				return 0;
			if (!has_zero(w)) {
				done += 8;
				continue;
			}
		}
		if (read_user_byte(&c, (const char *)(addr + done)))
			return 0;
		done++;
		if (!c)
			return done;
	}
	return done == n ? n + 1 : 0;
}

int rdmsrq_safe(u32 msr, u64 *val)
{
	return __rdmsr_safe(msr, val);
}

int copy_from_kernel_nofault(void *dst, const void *src, unsigned long n)
{
	unsigned long a = (unsigned long)src;

	/* Never a user address, never a wrap, never a non-canonical one (that would be #GP, which the table fixes as well). */
	if (a < PAGE_OFFSET || a + n < a)
		return -EFAULT;
	return __copy_kernel_nofault(dst, src, n);
}
