/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/util.c - copies of strings and memory, and formatted text, in memory of their own.
 *
 * Each is "measure, allocate, copy". A string that somebody else can change between the measuring and the copying must
 * still end in a zero within its memory: so the terminator is written by us at the measured length, and never copied.
 */
#include <primer/slab.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <primer/bug.h>

char *kmemdup_nul(const char *s, size_t len, gfp_t gfp)
{
	char *copy;

	if (!s)
		return NULL;
	copy = kmalloc(len + 1, gfp);
	if (copy) {
		memcpy(copy, s, len);
		copy[len] = '\0';
	}
	return copy;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return s ? kmemdup_nul(s, strlen(s), gfp) : NULL;
}

char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
	return s ? kmemdup_nul(s, strnlen(s, max), gfp) : NULL;
}

void *kmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *copy = kmalloc(len, gfp);

	if (copy)
		memcpy(copy, src, len);
	return copy;
}

char *kvasprintf(gfp_t gfp, const char *fmt, va_list args)
{
	int len, written;
	va_list again;
	char *text;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	text = kmalloc(len + 1, gfp);
	if (!text)
		return NULL;
	written = vsnprintf(text, len + 1, fmt, args);
	WARN(len != written, "kvasprintf: the text of \"%s\" changed from %d to %d bytes\n", fmt, len, written);
	return text;
}

char *kasprintf(gfp_t gfp, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = kvasprintf(gfp, fmt, args);
	va_end(args);
	return text;
}
