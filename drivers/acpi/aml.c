/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/acpi/aml.c - one object of the firmware's programs, found without running them.
 *
 * The problem. To switch the power off, two numbers must be written to PM1 control: SLP_TYPa and SLP_TYPb. Which, says
 * the object \_S5 of the DSDT or an SSDT; and those are programs in AML, for which we have no interpreter.
 *
 * The idea. \_S5 is by the specification's rule a constant package with a fixed name. Its encoding is so particular
 * that it can be found by looking for it, and checked so that bytes that only look alike are passed over:
 *
 *	08		Name
 *	5c | 5e*	perhaps: the root, or parents
 *	5f 53 35 5f	_S5_
 *	12		Package
 *	PkgLength	1 to 4 bytes: how far it reaches, itself included
 *	n		number of elements
 *	e, e, ...	each a constant: 00, 01, ff, or 0a byte, 0b word, 0c dword
 *
 *	PkgLength	first byte: bits 7-6 say how many bytes follow
 *	  0 following	bits 5-0 are the length
 *	  else		bits 3-0 are its lowest four bits, each further byte adds eight
 *
 * Invariant: no byte is read at or behind @end, which is the package's end once that is known, and never behind the
 * table.
 *
 * Context: any. The bytes are only read; nothing is locked or allocated.
 *
 * Linux (drivers/acpi/acpica, from acpi_get_sleep_type_data() in hwxface.c on) has an interpreter and runs the AML.
 * Reference: ACPI specification 6.3, 7.4.2 and 20.2.
 */
#include <primer/string.h>
#include "internal.h"

#define AML_ZERO_OP	0x00
#define AML_ONE_OP	0x01
#define AML_NAME_OP	0x08
#define AML_BYTE	0x0a
#define AML_WORD	0x0b
#define AML_DWORD	0x0c
#define AML_PACKAGE_OP	0x12
#define AML_ROOT	0x5c
#define AML_PARENT	0x5e
#define AML_ONES_OP	0xff

#define SLEEP_TYPE_MAX	7

/* A constant at @p; returns what is behind it, or NULL when there is none. */
static const u8 *constant(const u8 *p, const u8 *end, u32 *value)
{
	unsigned int bytes;

	if (p >= end)
		return NULL;
	switch (*p++) {
	case AML_ZERO_OP:
		*value = 0;
		return p;
	case AML_ONE_OP:
		*value = 1;
		return p;
	case AML_ONES_OP:
		*value = ~0U;
		return p;
	case AML_BYTE:
		bytes = 1;
		break;
	case AML_WORD:
		bytes = 2;
		break;
	case AML_DWORD:
		bytes = 4;
		break;
	default:
		return NULL;
	}
	if (end - p < bytes)
		return NULL;
	*value = 0;
	memcpy(value, p, bytes);
	return p + bytes;
}

/* The package at @p: its elements begin at the returned address, and *@end moves to its end. NULL: not a sound one. */
static const u8 *package(const u8 *p, const u8 **end, u8 *elements)
{
	const u8 *start;
	unsigned int following;
	u32 length;

	if (*end - p < 3 || *p++ != AML_PACKAGE_OP)
		return NULL;
	start = p;
	following = *p >> 6;
	if (*end - p < following + 2)
		return NULL;
	length = following ? *p & 0x0f : *p;
	p++;
	for (unsigned int i = 0; i < following; i++)
		length |= (u32)*p++ << (4 + 8 * i);
	if (length > *end - start || length < following + 2)
		return NULL;
	*end = start + length;
	*elements = *p++;
	return p;
}

/* Is what stands in front of the name, from @aml on, the beginning of its definition? */
static bool is_definition(const u8 *aml, const u8 *name)
{
	while (name > aml && (name[-1] == AML_ROOT || name[-1] == AML_PARENT))
		name--;
	return name > aml && name[-1] == AML_NAME_OP;
}

bool aml_find_sleep_type(const u8 *aml, u32 length, const char *name, u8 *typ_a, u8 *typ_b)
{
	const u8 *p = aml, *table_end = aml + length;

	for (; table_end - p >= 4; p++) {
		const u8 *end = table_end, *e;
		u32 a, b;
		u8 elements;

		p = memchr(p, name[0], table_end - p - 3);
		if (!p)
			return false;
		if (memcmp(p, name, 4) || !is_definition(aml, p))
			continue;
		e = package(p + 4, &end, &elements);
		if (!e || !elements)
			continue;
		e = constant(e, end, &a);
		if (!e)
			continue;
		if (elements == 1) {		/* an old form: both in one number */
			b = a >> 8 & 0xff;
			a &= 0xff;
		} else if (!constant(e, end, &b)) {
			continue;
		}
		if (a > SLEEP_TYPE_MAX || b > SLEEP_TYPE_MAX)
			continue;
		*typ_a = a;
		*typ_b = b;
		return true;
	}
	return false;
}
