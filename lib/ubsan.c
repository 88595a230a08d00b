/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/ubsan.c - reports of undefined behaviour: the functions that -fsanitize=... puts calls to.
 *
 * The problem. C leaves the meaning of some operations open: shifting by 64, adding beyond INT_MAX, indexing behind an
 * array, a bool that is 2. The compiler may assume that they do not happen, and its code may then do anything. They
 * hide well: the code works until a compiler gets cleverer.
 *
 * The idea. The compiler tests each such operation, and when the test fails it calls one of the functions below with a
 * description (file, line, column, types) and the operands. We print it and go on.
 *
 * A type is described by its name and a word: for an integer, bit 0 is "signed" and the rest the logarithm of its width
 * in bits. An operand up to 64 bits wide is passed as a word itself, a wider one by address.
 *
 * Each place is reported once: bit 31 of its column is set when that happened, by an atomic operation, as two CPUs may
 * come along at once. The names and the layout are an interface of gcc and clang (compiler-rt, lib/ubsan).
 *
 * Context: any, with any lock held; none is taken here. What the report itself calls may fail a test too: that is
 * another place, reported in between, and because each comes once there is an end to it. Linux counts in the task.
 *
 * Linux: lib/ubsan.c. Not switched on here, because the checks are many and others find the same: null pointers and
 * misaligned ones (the MMU; x86 allows the latter), unreachable code (BUG).
 */
#include <primer/bitops.h>
#include <primer/kernel.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/sprintf.h>

#ifdef CONFIG_UBSAN

#define REPORTED_BIT	31		/* of the column */
#define NUMBER_SIZE	48

struct source_location {
	const char *file_name;
	union {
		unsigned long reported;
		struct {
			u32 line;
			u32 column;
		};
	};
};

struct type_descriptor {
	u16 type_kind;			/* 0: integer, 1: floating point, 0xffff: unknown */
	u16 type_info;
	char type_name[];
};

struct overflow_data {
	struct source_location location;
	struct type_descriptor *type;
};

struct shift_out_of_bounds_data {
	struct source_location location;
	struct type_descriptor *lhs_type, *rhs_type;
};

struct out_of_bounds_data {
	struct source_location location;
	struct type_descriptor *array_type, *index_type;
};

struct invalid_value_data {
	struct source_location location;
	struct type_descriptor *type;
};

struct vla_bound_data {
	struct source_location location;
	struct type_descriptor *type;
};

void __ubsan_handle_add_overflow(struct overflow_data *data, unsigned long lhs, unsigned long rhs);
void __ubsan_handle_sub_overflow(struct overflow_data *data, unsigned long lhs, unsigned long rhs);
void __ubsan_handle_mul_overflow(struct overflow_data *data, unsigned long lhs, unsigned long rhs);
void __ubsan_handle_negate_overflow(struct overflow_data *data, unsigned long old);
void __ubsan_handle_divrem_overflow(struct overflow_data *data, unsigned long lhs, unsigned long rhs);
void __ubsan_handle_shift_out_of_bounds(struct shift_out_of_bounds_data *data, unsigned long lhs, unsigned long rhs);
void __ubsan_handle_out_of_bounds(struct out_of_bounds_data *data, unsigned long index);
void __ubsan_handle_load_invalid_value(struct invalid_value_data *data, unsigned long value);
void __ubsan_handle_vla_bound_not_positive(struct vla_bound_data *data, unsigned long bound);

/* ---- operands ---------------------------------------------------------------------------------------------------- */

static bool is_signed(const struct type_descriptor *type)	{ return type->type_info & 1; }
static unsigned int width(const struct type_descriptor *type)	{ return 1U << (type->type_info >> 1); }

/* The value of an operand, sign extended when its type says so; of a wider one than a word, the low word. */
static u64 value_of(const struct type_descriptor *type, unsigned long operand)
{
	unsigned int bits = width(type);

	if (bits > 64)
		return *(const u64 *)operand;
	if (bits < 64 && is_signed(type))
		return (u64)((s64)(operand << (64 - bits)) >> (64 - bits));
	return bits < 64 ? operand & ((1UL << bits) - 1) : operand;
}

static bool is_negative(const struct type_descriptor *type, unsigned long operand)
{
	return is_signed(type) && (s64)value_of(type, operand) < 0;
}

static void format_value(char *text, const struct type_descriptor *type, unsigned long operand)
{
	u64 value = value_of(type, operand);

	if (type->type_kind)
		scnprintf(text, NUMBER_SIZE, "%#lx", operand);
	else if (is_signed(type))
		scnprintf(text, NUMBER_SIZE, "%lld", (s64)value);
	else
		scnprintf(text, NUMBER_SIZE, "%llu", value);
}

/* ---- the report -------------------------------------------------------------------------------------------------- */

static bool begin_report(struct source_location *location, const char *reason)
{
	/* The column is the upper half of the word. */
	if (test_and_set_bit(32 + REPORTED_BIT, &location->reported))
		return false;
	pr_err("================================================================================\n");
	pr_err("UBSAN: %s in %s:%u:%u\n", reason, location->file_name, location->line,
	       location->column & ~(1U << REPORTED_BIT));
	return true;
}

static void end_report(void)
{
	dump_stack_lvl(KERN_ERR);
	pr_err("================================================================================\n");
	add_taint(TAINT_WARN);
	if (panic_on_warn) {
		panic_on_warn = 0;		/* the panic itself may warn */
		panic("panic_on_warn set ...\n");
	}
}

static void handle_overflow(struct overflow_data *data, unsigned long lhs, unsigned long rhs, char op)
{
	char l[NUMBER_SIZE], r[NUMBER_SIZE];

	if (!begin_report(&data->location, is_signed(data->type) ? "signed-integer-overflow" :
			  "unsigned-integer-overflow"))
		return;
	format_value(l, data->type, lhs);
	format_value(r, data->type, rhs);
	pr_err("%s %c %s cannot be represented in type %s\n", l, op, r, data->type->type_name);
	end_report();
}

void __ubsan_handle_add_overflow(struct overflow_data *data, unsigned long lhs, unsigned long rhs)
{
	handle_overflow(data, lhs, rhs, '+');
}

void __ubsan_handle_sub_overflow(struct overflow_data *data, unsigned long lhs, unsigned long rhs)
{
	handle_overflow(data, lhs, rhs, '-');
}

void __ubsan_handle_mul_overflow(struct overflow_data *data, unsigned long lhs, unsigned long rhs)
{
	handle_overflow(data, lhs, rhs, '*');
}

void __ubsan_handle_negate_overflow(struct overflow_data *data, unsigned long old)
{
	char text[NUMBER_SIZE];

	if (!begin_report(&data->location, "negation-overflow"))
		return;
	format_value(text, data->type, old);
	pr_err("negation of %s cannot be represented in type %s:\n", text, data->type->type_name);
	end_report();
}

void __ubsan_handle_divrem_overflow(struct overflow_data *data, unsigned long lhs, unsigned long rhs)
{
	char text[NUMBER_SIZE];

	if (!begin_report(&data->location, "division-overflow"))
		return;
	format_value(text, data->type, lhs);
	if (is_signed(data->type) && (s64)value_of(data->type, rhs) == -1)
		pr_err("division of %s by -1 cannot be represented in type %s\n", text, data->type->type_name);
	else
		pr_err("division by zero\n");
	end_report();
}

void __ubsan_handle_shift_out_of_bounds(struct shift_out_of_bounds_data *data, unsigned long lhs, unsigned long rhs)
{
	const struct type_descriptor *lt = data->lhs_type, *rt = data->rhs_type;
	char l[NUMBER_SIZE], r[NUMBER_SIZE];

	if (!begin_report(&data->location, "shift-out-of-bounds"))
		return;
	format_value(l, lt, lhs);
	format_value(r, rt, rhs);
	if (is_negative(rt, rhs))
		pr_err("shift exponent %s is negative\n", r);
	else if (value_of(rt, rhs) >= width(lt))
		pr_err("shift exponent %s is too large for %u-bit type %s\n", r, width(lt), lt->type_name);
	else if (is_negative(lt, lhs))
		pr_err("left shift of negative value %s\n", l);
	else
		pr_err("left shift of %s by %s places cannot be represented in type %s\n", l, r, lt->type_name);
	end_report();
}

void __ubsan_handle_out_of_bounds(struct out_of_bounds_data *data, unsigned long index)
{
	char text[NUMBER_SIZE];

	if (!begin_report(&data->location, "array-index-out-of-bounds"))
		return;
	format_value(text, data->index_type, index);
	pr_err("index %s is out of range for type %s\n", text, data->array_type->type_name);
	end_report();
}

void __ubsan_handle_load_invalid_value(struct invalid_value_data *data, unsigned long value)
{
	char text[NUMBER_SIZE];

	if (!begin_report(&data->location, "invalid-load"))
		return;
	format_value(text, data->type, value);
	pr_err("load of value %s is not a valid value for type %s\n", text, data->type->type_name);
	end_report();
}

void __ubsan_handle_vla_bound_not_positive(struct vla_bound_data *data, unsigned long bound)
{
	char text[NUMBER_SIZE];

	if (!begin_report(&data->location, "vla-bound-not-positive"))
		return;
	format_value(text, data->type, bound);
	pr_err("variable length array bound value %s <= 0\n", text);
	end_report();
}

#endif
