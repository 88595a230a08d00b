/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/bug.h - BUG for broken invariants, WARN for survivable surprises.
 *
 * The check costs one compare and a jump that is never taken: the report is an undefined instruction (UD2) placed out
 * of the way, and an entry in section __bug_table says which file and line it stands for. The invalid-opcode handler
 * looks the address up (report_bug), prints, and for a warning continues behind the instruction.
 *
 *	text			 __bug_table
 *	...			+-----------------------+
 *	ud2  <----------------- | bug_addr_disp		|
 *	...			| file_disp ----------------> "mm/alloc/slab.c"
 *				| line, flags		|
 *				+-----------------------+
 *
 * A macro of each kind: BUG() BUG_ON(cond); WARN(cond, fmt...) WARN_ON(cond) WARN_ONCE(cond, fmt...)
 * WARN_ON_ONCE(cond). The WARN family is an expression with the truth of @cond as its value. Context: any, NMI
 * included; any lock held.
 */
#ifndef PRIMER_BUG_H
#define PRIMER_BUG_H

#include <primer/build_bug.h>
#include <primer/compiler.h>
#include <primer/panic.h>
#include <primer/types.h>

struct pt_regs;

#define BUGFLAG_WARNING		(1 << 0)	/* report and go on */
#define BUGFLAG_NO_CUT_HERE	(1 << 3)	/* the "cut here" line is out already, with a message behind it */

struct bug_entry {
	s32 bug_addr_disp;		/* distance from this word to the UD2 */
	s32 file_disp;			/* distance from this word to the name of the file */
	u16 line;
	u16 flags;
};

extern const struct bug_entry __start___bug_table[], __stop___bug_table[];

enum bug_trap_type {
	BUG_TRAP_TYPE_NONE = 0,		/* not one of ours: a real invalid opcode */
	BUG_TRAP_TYPE_WARN = 1,		/* reported: skip the instruction and go on */
	BUG_TRAP_TYPE_BUG = 2,		/* the caller dies */
};

#define INSN_UD2	0x0b0f
#define LEN_UD2		2

/* find_bug - the entry of the UD2 at @ip, or NULL. */
const struct bug_entry *find_bug(unsigned long ip);

/*
 * report_bug - the invalid-opcode handler's question: is the UD2 at @ip a BUG or WARN?
 *
 * A warning is printed here and the handler adds LEN_UD2 to regs->ip; for a BUG only its "kernel BUG at" line is
 * printed, and die() follows. Context: exception, any.
 */
enum bug_trap_type report_bug(unsigned long ip, struct pt_regs *regs);

/* __warn_printk - "cut here" and the caller's message, ahead of the UD2 of a WARN with text. */
void __warn_printk(const char *fmt, ...) __printf(1, 2) __cold;

#define _BUG_FLAGS(flags_) \
	__asm__ volatile("1:\tud2\n" \
		"\t.pushsection __bug_table, \"a\"\n\t.balign 4\n" \
		"2:\t.long 1b - .\n\t.long %c0 - .\n\t.word %c1, %c2\n\t.org 2b + %c3\n\t.popsection\n" \
		:: "i"(__FILE__), "i"(__LINE__), "i"(flags_), "i"(sizeof(struct bug_entry)))

#define BUG()			do { _BUG_FLAGS(0); __builtin_unreachable(); } while (0)
#define BUG_ON(cond)		do { if (unlikely(cond)) BUG(); } while (0)

#define __WARN_FLAGS(flags_)	_BUG_FLAGS(BUGFLAG_WARNING | (flags_))

#define WARN_ON(cond) ({ \
	bool __warned = !!(cond); \
	if (unlikely(__warned)) \
		__WARN_FLAGS(0); \
	unlikely(__warned); })

/*
 * Once is for each place in the source: the flag is a variable, since the compiler may copy the instruction (loops,
 * inlining).
 */
#define WARN_ON_ONCE(cond) ({ \
	static bool __already; \
	bool __warned = !!(cond); \
	if (unlikely(__warned && !READ_ONCE(__already))) { \
		WRITE_ONCE(__already, true); \
		__WARN_FLAGS(0); \
	} \
	unlikely(__warned); })

#define WARN(cond, fmt, ...) ({ \
	bool __warned = !!(cond); \
	if (unlikely(__warned)) { \
		__warn_printk(fmt, ##__VA_ARGS__); \
		__WARN_FLAGS(BUGFLAG_NO_CUT_HERE); \
	} \
	unlikely(__warned); })

#define WARN_ONCE(cond, fmt, ...) ({ \
	static bool __already; \
	bool __warned = !!(cond); \
	if (unlikely(__warned && !READ_ONCE(__already))) { \
		WRITE_ONCE(__already, true); \
		__warn_printk(fmt, ##__VA_ARGS__); \
		__WARN_FLAGS(BUGFLAG_NO_CUT_HERE); \
	} \
	unlikely(__warned); })

#endif
