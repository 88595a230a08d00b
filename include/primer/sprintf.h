/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/sprintf.h - numbers, strings and the kernel's own things to text.
 *
 * Standard C conversions d i u x X o c s p %, with flags - + space # 0, width and precision (also as *), and the sizes
 * hh h l ll z t j. No floating point, no %n. Behind %p, letters say what is pointed at:
 *
 *	%p	the address, 16 hex digits. Linux prints a hash, to keep addresses from attackers; here the reader is to
 *		find the object in gdb
 *	%px %pK	the same, and NULL as sixteen zeros
 *	%pS	symbol+0xoffset/0xsize of a code or data address, %ps the symbol alone, %pB as %pS for a return address
 *		(the call before it is meant, which matters when it was the function's last instruction)
 *	%pe	an ERR_PTR as the name of its error, -ENOENT; any other pointer as %p
 *	%pV	a struct va_format: another format with its arguments
 *	%*pb	a bitmap of (width) bits as hex, %*pbl as a list 0-3,8
 *	%*ph	(width, at most 64) bytes as hex with spaces, %*phC colons, %*phD dashes, %*phN nothing between
 *
 * A NULL string, or NULL behind a plain %p, prints as (null), another address that cannot be one as (efault). A format
 * with an unknown conversion is printed as it stands from there on.
 *
 * Context: any. Nothing locks or allocates. The stack need is below 700 bytes and the symbol hook's, and 300 more for each
 * level of %pV.
 */
#ifndef PRIMER_SPRINTF_H
#define PRIMER_SPRINTF_H

#include <stdarg.h>

#include <primer/compiler.h>
#include <primer/types.h>

struct va_format {
	const char *fmt;
	va_list *va;
};

/*
 * snprintf, vsnprintf - write at most @size bytes with the terminating zero; return the length of the whole text
 * scnprintf, vscnprintf - the same, but return the bytes written without the zero: fit for `len += scnprintf(...)`
 * sprintf, vsprintf - for a buffer known to suffice
 */
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);
int sprintf(char *buf, const char *fmt, ...) __printf(2, 3);
int vsprintf(char *buf, const char *fmt, va_list args) __printf(2, 0);

/* The number of characters the format would give. */
#define snprintf_len(fmt...)	snprintf(NULL, 0, fmt)

/*
 * sprint_symbol_hook - how %pS, %ps and %pB find names; kernel/trace sets it once during boot
 *
 * @kind is the letter: 'S', 's' or 'B'. Writes like scnprintf() to @buf and returns the same. Must work in any context,
 * NMI and panic included. While it is NULL the address is printed as 0x and hex digits, which is also what the hook
 * should print for an address that it does not know.
 */
typedef int (*sprint_symbol_fn)(char *buf, size_t size, unsigned long addr, char kind);
extern sprint_symbol_fn sprint_symbol_hook;

#define KSYM_SYMBOL_LEN		192	/* the longest text that a hook writes, with its zero */

/* errname - "ENOENT" for 2 or -2; NULL for a number without a name */
const char *errname(int err);

#endif
