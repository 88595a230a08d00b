/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/string.c - strings that end with a zero byte.
 *
 * Most of these are the obvious loop over bytes: the strings of a kernel are short, and a loop that a reader trusts at
 * a glance is worth more than a few cycles. The exceptions are strlen() and strnlen(), on which copying, hashing and
 * printing of names rest. They look at eight bytes at a time (word_at_a_time.h), at aligned addresses only:
 *
 *	          s
 *	  |. . . h e l l o|0 ? ? ? ? ? ? ?|
 *	   \___/ set to 0xff: not zero      read, though not part of the string
 *
 * An aligned word never crosses a page, so the bytes outside the string that are read lie on a page that holds part of
 * it: the access cannot fault. To an address sanitizer it looks like an overrun, so the two functions are exempt.
 *
 * Cutting is explicit: strscpy() is the copy to use, since it always terminates, says whether it cut, and does not
 * read the source beyond what it needs, unlike strlcpy, which we do not have. The strcpy family stays for text whose
 * length is known.
 */
#include <primer/ctype.h>
#include <primer/errno.h>
#include <primer/kernel.h>
#include <primer/string.h>
#include <primer/word_at_a_time.h>

#undef strlen
#undef strcmp

__no_sanitize size_t strlen(const char *s)
{
	const word_t *p = (const word_t *)((unsigned long)s & ~7UL);
	unsigned int skip = ((unsigned long)s & 7) * 8;
	unsigned long mask = has_zero(*p | ((1UL << skip) - 1));

	while (!mask)
		mask = has_zero(*++p);
	return (const char *)p + find_zero(mask) - s;
}

/* As strlen(); a zero that is found at or behind s[n] does not count. @n may be as large as it likes. */
__no_sanitize size_t strnlen(const char *s, size_t n)
{
	const word_t *p = (const word_t *)((unsigned long)s & ~7UL);
	unsigned int skip = ((unsigned long)s & 7) * 8;
	unsigned long mask;
	size_t seen = 8 - skip / 8;		/* bytes of the string in the words looked at */

	if (!n)
		return 0;
	mask = has_zero(*p | ((1UL << skip) - 1));
	while (!mask) {
		if (seen >= n)
			return n;
		mask = has_zero(*++p);
		seen += 8;
	}
	return min(n, seen - 8 + find_zero(mask));
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; a++, b++, n--) {
		if (*a != *b)
			return (unsigned char)*a - (unsigned char)*b;
		if (!*a)
			break;
	}
	return 0;
}

int strncasecmp(const char *a, const char *b, size_t n)
{
	for (; n; a++, b++, n--) {
		int diff = tolower(*a) - tolower(*b);

		if (diff || !*a)
			return diff;
	}
	return 0;
}

int strcasecmp(const char *a, const char *b)
{
	return strncasecmp(a, b, SIZE_MAX);
}

char *strchrnul(const char *s, int c)
{
	while (*s && *s != (char)c)
		s++;
	return (char *)s;
}

char *strchr(const char *s, int c)
{
	s = strchrnul(s, c);
	return *s == (char)c ? (char *)s : NULL;
}

char *strnchr(const char *s, size_t n, int c)
{
	for (; n; s++, n--) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			break;
	}
	return NULL;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)last;
}

char *strnstr(const char *s, const char *needle, size_t n)
{
	size_t len = strlen(needle);

	if (!len)
		return (char *)s;
	for (n = strnlen(s, n); n >= len; s++, n--) {
		if (*s == *needle && memcmp(s, needle, len) == 0)
			return (char *)s;
	}
	return NULL;
}

char *strstr(const char *s, const char *needle)
{
	return strnstr(s, needle, SIZE_MAX);
}

size_t strspn(const char *s, const char *accept)
{
	const char *p = s;

	while (*p && strchr(accept, *p))
		p++;
	return p - s;
}

size_t strcspn(const char *s, const char *reject)
{
	const char *p = s;

	while (*p && !strchr(reject, *p))
		p++;
	return p - s;
}

char *strpbrk(const char *s, const char *accept)
{
	s += strcspn(s, accept);
	return *s ? (char *)s : NULL;
}

char *strsep(char **sp, const char *delim)
{
	char *token = *sp, *end;

	if (!token)
		return NULL;
	end = strpbrk(token, delim);
	if (end)
		*end++ = '\0';
	*sp = end;
	return token;
}

ssize_t strscpy(char *dest, const char *src, size_t size)
{
	size_t len = strnlen(src, size);

	if (!size)
		return -E2BIG;
	if (len == size) {
		memcpy(dest, src, size - 1);
		dest[size - 1] = '\0';
		return -E2BIG;
	}
	memcpy(dest, src, len);
	dest[len] = '\0';
	return len;
}

ssize_t strscpy_pad(char *dest, const char *src, size_t size)
{
	ssize_t len = strscpy(dest, src, size);

	if (len >= 0)
		memset(dest + len, 0, size - len);
	return len;
}

char *stpcpy(char *dest, const char *src)
{
	size_t len = strlen(src);

	memcpy(dest, src, len + 1);
	return dest + len;
}

char *strcpy(char *dest, const char *src)
{
	stpcpy(dest, src);
	return dest;
}

char *strncpy(char *dest, const char *src, size_t n)
{
	size_t len = strnlen(src, n);

	memcpy(dest, src, len);
	memset(dest + len, 0, n - len);
	return dest;
}

char *strcat(char *dest, const char *src)
{
	stpcpy(dest + strlen(dest), src);
	return dest;
}

char *strncat(char *dest, const char *src, size_t n)
{
	size_t at = strlen(dest), len = strnlen(src, n);

	memcpy(dest + at, src, len);
	dest[at + len] = '\0';
	return dest;
}

size_t strlcat(char *dest, const char *src, size_t size)
{
	size_t at = strnlen(dest, size), len = strlen(src);

	if (at == size)
		return size + len;
	strscpy(dest + at, src, size - at);
	return at + len;
}

char *skip_spaces(const char *s)
{
	while (isspace(*s))
		s++;
	return (char *)s;
}

char *strim(char *s)
{
	size_t len = strlen(s);

	while (len && isspace(s[len - 1]))
		len--;
	s[len] = '\0';
	return skip_spaces(s);
}

char *strreplace(char *s, char old, char new)
{
	for (; *s; s++) {
		if (*s == old)
			*s = new;
	}
	return s;
}

bool sysfs_streq(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return true;
	if (!*a)
		return *b == '\n' && !b[1];
	return *a == '\n' && !a[1] && !*b;
}

int match_string(const char *const *array, size_t n, const char *s)
{
	for (size_t i = 0; i < n && array[i]; i++) {
		if (strcmp(array[i], s) == 0)
			return i;
	}
	return -EINVAL;
}
