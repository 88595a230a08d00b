/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/sysctl_text.c - from a variable to its text and back: the handlers that tables of /proc/sys name.
 *
 * Numbers are decimal, a vector's are separated by a tab when read and by blanks when written, and the text ends with
 * a newline. What is written takes effect number by number: one that cannot be understood, or is out of its bounds,
 * ends the call with -EINVAL, and those before it have been stored. Fewer numbers than the vector has leave the rest
 * as it was.
 *
 * A write that does not begin at position 0 is taken and ignored, so that a program that writes a number in pieces does
 * not set it to the last piece. A read that does not begin there is at the end.
 *
 * Locking: none. One number is stored in one word, so a reader beside a writer sees the old or the new. Strings are the
 * exception: whoever shows one elsewhere may see a mixture for a moment. A table whose numbers belong together wraps
 * these handlers into one with a lock.
 *
 * Linux: kernel/sysctl.c. It also has sets of bits as lists of ranges, and a switch (sysctl_writes_strict) for programs
 * that rely on pieces being taken one by one.
 */
#include <primer/ctype.h>
#include <primer/errno.h>
#include <primer/jiffies.h>
#include <primer/kernel.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <primer/sysctl.h>

int sysctl_vals[] = { 0, 1, 2, 4, 100, 1000, INT_MAX };

/* How one kind of number lies in memory, and in which units. */
struct number_kind {
	unsigned int size;			/* sizeof(int) or sizeof(long) */
	bool is_signed;
	unsigned long mul, div;			/* inside = outside * mul / div */
};

static const struct number_kind kind_int = { sizeof(int), true, 1, 1 };
static const struct number_kind kind_uint = { sizeof(int), false, 1, 1 };
static const struct number_kind kind_ulong = { sizeof(long), false, 1, 1 };
static const struct number_kind kind_jiffies = { sizeof(int), true, HZ, 1 };
static const struct number_kind kind_ms_jiffies = { sizeof(int), true, HZ, 1000 };

/* A number with its sign apart: no value of any kind is lost. */
struct number {
	unsigned long value;
	bool negative;
};

static struct number load_number(const struct number_kind *kind, const void *p)
{
	struct number n = { 0, false };

	if (kind->size == sizeof(long)) {
		n.value = READ_ONCE(*(const unsigned long *)p);
	} else if (kind->is_signed) {
		int v = READ_ONCE(*(const int *)p);

		n.negative = v < 0;
		n.value = v < 0 ? -(unsigned long)v : (unsigned long)v;
	} else {
		n.value = READ_ONCE(*(const unsigned int *)p);
	}
	return n;
}

static bool less(struct number a, struct number b)
{
	if (a.negative != b.negative)
		return a.negative;
	return a.negative ? a.value > b.value : a.value < b.value;
}

/* Store @n, in units of the outside, if it fits the variable and its bounds. */
static int store_number(const struct ctl_table *ctl, const struct number_kind *kind, struct number n, void *p,
			bool bounded)
{
	unsigned long limit = ULONG_MAX;

	if (kind->size == sizeof(int))
		limit = !kind->is_signed ? UINT_MAX : n.negative ? (unsigned long)INT_MAX + 1 : INT_MAX;
	if (n.negative && !kind->is_signed && n.value)
		return -EINVAL;
	if (n.value > limit || n.value > ULONG_MAX / kind->mul)
		return -EINVAL;
	n.value = n.value * kind->mul / kind->div;
	if (n.value > limit)
		return -EINVAL;
	if (bounded && ctl->extra1 && less(n, load_number(kind, ctl->extra1)))
		return -EINVAL;
	if (bounded && ctl->extra2 && less(load_number(kind, ctl->extra2), n))
		return -EINVAL;
	if (kind->size == sizeof(long))
		WRITE_ONCE(*(unsigned long *)p, n.value);
	else
		WRITE_ONCE(*(unsigned int *)p, (unsigned int)(n.negative ? -n.value : n.value));
	return 0;
}

/* The number at *@text, which ends with a blank or the zero; *@text moves behind it. */
static int parse_number(const char **text, struct number *n)
{
	const char *s = *text;

	n->value = 0;
	n->negative = *s == '-';
	if (n->negative)
		s++;
	if (!isdigit(*s))
		return -EINVAL;
	for (; isdigit(*s); s++) {
		unsigned long digit = *s - '0';

		if (n->value > (ULONG_MAX - digit) / 10)
			return -EINVAL;
		n->value = n->value * 10 + digit;
	}
	if (*s && !isspace(*s))
		return -EINVAL;
	*text = s;
	return 0;
}

static int write_vector(struct ctl_table *ctl, const struct number_kind *kind, const char *text, bool bounded)
{
	char *p = ctl->data, *end = p + ctl->maxlen;
	int err = 0;

	for (; p < end && !err; p += kind->size) {
		struct number n;

		while (isspace(*text))
			text++;
		if (!*text)
			return p == (char *)ctl->data ? -EINVAL : 0;
		err = parse_number(&text, &n);
		if (!err)
			err = store_number(ctl, kind, n, p, bounded);
	}
	return err;
}

static size_t read_vector(struct ctl_table *ctl, const struct number_kind *kind, char *text, size_t size)
{
	char *p = ctl->data, *end = p + ctl->maxlen;
	size_t len = 0;

	for (; p < end; p += kind->size) {
		struct number n = load_number(kind, p);

		len += scnprintf(text + len, size - len, "%s%s%lu", p == (char *)ctl->data ? "" : "\t",
				 n.negative ? "-" : "", n.value * kind->div / kind->mul);
	}
	len += scnprintf(text + len, size - len, "\n");
	return len;
}

/* @buffer has room for a zero behind *@lenp. */
static int do_vector(struct ctl_table *ctl, const struct number_kind *kind, int write, void *buffer, size_t *lenp,
		     loff_t *ppos, bool bounded)
{
	int err = 0;

	if (!ctl->data || !ctl->maxlen || !*lenp || (*ppos && !write)) {
		*lenp = 0;
		return 0;
	}
	if (!write)
		*lenp = read_vector(ctl, kind, buffer, *lenp + 1);
	else if (!*ppos)
		err = write_vector(ctl, kind, buffer, bounded);
	if (!err)
		*ppos += *lenp;
	return err;
}

int proc_dointvec(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	return do_vector(ctl, &kind_int, write, buffer, lenp, ppos, false);
}

int proc_douintvec(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	return do_vector(ctl, &kind_uint, write, buffer, lenp, ppos, false);
}

int proc_dointvec_minmax(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	return do_vector(ctl, &kind_int, write, buffer, lenp, ppos, true);
}

int proc_douintvec_minmax(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	return do_vector(ctl, &kind_uint, write, buffer, lenp, ppos, true);
}

int proc_doulongvec_minmax(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	return do_vector(ctl, &kind_ulong, write, buffer, lenp, ppos, true);
}

int proc_dointvec_jiffies(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	return do_vector(ctl, &kind_jiffies, write, buffer, lenp, ppos, false);
}

int proc_dointvec_ms_jiffies(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	return do_vector(ctl, &kind_ms_jiffies, write, buffer, lenp, ppos, false);
}

/* One line: what follows a newline is ignored, and what is too long is cut off. */
int proc_dostring(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	char *data = ctl->data;
	size_t n, size = ctl->maxlen;

	if (!data || !size || !*lenp || (*ppos && !write)) {
		*lenp = 0;
		return 0;
	}
	if (write) {
		if (!*ppos) {
			n = strcspn(buffer, "\n");
			n = min(n, size - 1);
			memcpy(data, buffer, n);
			data[n] = 0;
		}
	} else {
		n = strnlen(data, size);
		*lenp = scnprintf(buffer, *lenp + 1, "%.*s\n", (int)n, data);
	}
	*ppos += *lenp;
	return 0;
}
