/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/string.h - bytes and strings.
 *
 * Context: any, from the first instruction of C on; nothing here locks, allocates or uses per-CPU data. Strings end
 * with a zero byte; sizes are bytes. A character argument is converted to unsigned char, as C says.
 */
#ifndef PRIMER_STRING_H
#define PRIMER_STRING_H

#include <primer/compiler.h>
#include <primer/types.h>

/*
 * memcpy, memmove, memset, memcmp - as in C
 *
 * The names with two underscores are the real ones; the plain names are weak aliases, so that an instrument which
 * checks every access may put its own functions in front. The compiler calls the plain names for assignments of
 * structures.
 */
void *memcpy(void *dest, const void *src, size_t n);
void *memmove(void *dest, const void *src, size_t n);
void *memset(void *dest, int c, size_t n);
void *__memcpy(void *dest, const void *src, size_t n);
void *__memmove(void *dest, const void *src, size_t n);
void *__memset(void *dest, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

void *memchr(const void *s, int c, size_t n);
/* memchr_inv - the first of @n bytes that is not @c, or NULL */
void *memchr_inv(const void *s, int c, size_t n);
/* memscan - like memchr, but the end of the area when @c is not there */
void *memscan(void *s, int c, size_t n);

/* memset16, memset32, memset64 - store @v @n times; @n counts elements, not bytes */
void *memset16(u16 *s, u16 v, size_t n);
void *memset32(u32 *s, u32 v, size_t n);
void *memset64(u64 *s, u64 v, size_t n);
static inline void *memset_l(unsigned long *s, unsigned long v, size_t n)	{ return memset64((u64 *)s, v, n); }
static inline void *memset_p(void **s, void *v, size_t n)	{ return memset64((u64 *)s, (unsigned long)v, n); }

/* memzero_explicit - a memset to zero that the compiler may not leave out because nobody reads the memory again */
void memzero_explicit(void *s, size_t n);
/* memcpy_and_pad - fill @dest: up to @dest_len bytes of @src, then @pad */
void memcpy_and_pad(void *dest, size_t dest_len, const void *src, size_t count, int pad);

size_t strlen(const char *s);
/* strnlen - at most @n bytes are looked at, and @n is returned when none of them is zero */
size_t strnlen(const char *s, size_t n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
/* ASCII only: a file name in another alphabet compares by bytes. */
int strcasecmp(const char *a, const char *b);
int strncasecmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
/* strchrnul - like strchr, but the terminating zero when @c is not there */
char *strchrnul(const char *s, int c);
char *strnchr(const char *s, size_t n, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *needle);
/* strnstr - look at no more than @n bytes of @s */
char *strnstr(const char *s, const char *needle, size_t n);
size_t strspn(const char *s, const char *accept);
size_t strcspn(const char *s, const char *reject);
char *strpbrk(const char *s, const char *accept);
/* strsep - cut the next token from *@sp at any of @delim; empty tokens are returned; NULL when *@sp is NULL */
char *strsep(char **sp, const char *delim);

/*
 * strscpy - copy a string into a buffer of @size bytes, always terminated
 *
 * Returns the length copied without the zero, or -E2BIG when the string was cut or @size is 0. Reads @src no further
 * than @size bytes. strscpy_pad() also zeroes the rest, for buffers that go to user space.
 */
ssize_t strscpy(char *dest, const char *src, size_t size);
ssize_t strscpy_pad(char *dest, const char *src, size_t size);
/* strcpy, strcat, strncpy, strncat - as in C; for a destination whose size is known to suffice (else strscpy) */
char *strcpy(char *dest, const char *src);
char *stpcpy(char *dest, const char *src);
char *strncpy(char *dest, const char *src, size_t n);
char *strcat(char *dest, const char *src);
char *strncat(char *dest, const char *src, size_t n);
/* strlcat - append within @size bytes, terminated; returns the length that the whole would have had */
size_t strlcat(char *dest, const char *src, size_t size);

/* skip_spaces - the first character of @s that is not white space */
char *skip_spaces(const char *s);
/* strim - cut trailing white space off in place, and return the start behind the leading */
char *strim(char *s);
static inline char *strstrip(char *s)	{ return strim(s); }
/* strreplace - replace every @old by @new; returns the terminating zero */
char *strreplace(char *s, char old, char new);
/* sysfs_streq - equal, not counting one trailing newline (what `echo x > file` adds) */
bool sysfs_streq(const char *a, const char *b);
/* match_string - the index of @s in an array of @n strings (or up to a NULL), or -EINVAL */
int match_string(const char *const *array, size_t n, const char *s);

/* strstarts - does @s begin with @prefix? */
static inline bool strstarts(const char *s, const char *prefix)
{
	while (*prefix) {
		if (*s++ != *prefix++)
			return false;
	}
	return true;
}

/* str_has_prefix - the length of @prefix when @s begins with it, else 0 */
static inline size_t str_has_prefix(const char *s, const char *prefix)
{
	const char *p = prefix;

	while (*p) {
		if (*s++ != *p++)
			return 0;
	}
	return p - prefix;
}

/* kbasename - the part of @path behind its last slash */
static inline const char *kbasename(const char *path)
{
	const char *tail = strrchr(path, '/');

	return tail ? tail + 1 : path;
}

/*
 * With -ffreestanding the compiler does not assume that these names mean what C says. Saying so lets it fold
 * strlen("x") to a constant and turn a copy of a few known bytes into moves; every other use is still a call to the
 * functions above.
 */
#define memcpy(d, s, n)		__builtin_memcpy(d, s, n)
#define memmove(d, s, n)	__builtin_memmove(d, s, n)
#define memset(d, c, n)		__builtin_memset(d, c, n)
#define memcmp(a, b, n)		__builtin_memcmp(a, b, n)
#define strlen(s)		__builtin_strlen(s)
#define strcmp(a, b)		__builtin_strcmp(a, b)

#endif
