/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/stacktrace.h - walking a kernel stack.
 *
 * Every kernel function keeps a frame pointer, so the frames form a list. The walk checks each link against the bounds
 * of the stack it must lie on before it follows it: it never faults, whatever the stack holds. Context of all: any.
 */
#ifndef PRIMER_STACKTRACE_H
#define PRIMER_STACKTRACE_H

#include <primer/compiler.h>
#include <primer/types.h>

struct pt_regs;
struct task_struct;

enum stack_type {
	STACK_TYPE_UNKNOWN,
	STACK_TYPE_TASK,		/* before there are tasks: the stack that the boot stub set up */
	STACK_TYPE_IRQ,			/* this CPU's stack for interrupt handlers and softirqs */
	STACK_TYPE_EXCEPTION,		/* + n: interrupt stack n (IST_DF, ...) of this CPU */
	STACK_TYPE_EXCEPTION_LAST = STACK_TYPE_EXCEPTION + 7,
};

struct stack_info {
	enum stack_type type;
	unsigned long begin, end;	/* first byte, first byte after */
	unsigned long next_sp;		/* the stack pointer of what this stack interrupted; 0: nothing */
};

/* get_stack_info - which stack of @task (or of this CPU, if it runs here) does @sp lie on? false: none that we know. */
bool get_stack_info(unsigned long sp, struct task_struct *task, struct stack_info *info);
const char *stack_type_name(enum stack_type type);

/* [the walker's own] */
struct unwind_state {
	struct stack_info stack_info;
	struct task_struct *task;	/* NULL: before there are tasks */
	unsigned long visited;		/* stacks already walked: one bit a type, so that a circle of stacks ends */
	unsigned long bp;		/* frame that unwind_get_return_address() speaks of */
	struct pt_regs *regs;		/* instead of a frame: where an exception came in */
	struct pt_regs *entry_regs;	/* registers that the last step has found; user mode's too, at the end */
	bool error;			/* the list was broken */
	bool done;
};

/*
 * unwind_start - begin at @regs if not NULL; else at the caller if @task is current; else where @task was switched out
 * unwind_next - go to the caller; false at the end
 * unwind_get_return_address - where the present frame returns to (for an exception: the interrupted instruction)
 *
 *	for (unwind_start(&s, task, regs); !unwind_done(&s); unwind_next(&s))
 *		use(unwind_get_return_address(&s));
 */
void unwind_start(struct unwind_state *state, struct task_struct *task, struct pt_regs *regs);
bool unwind_next(struct unwind_state *state);
unsigned long unwind_get_return_address(const struct unwind_state *state);
unsigned long *unwind_get_return_address_ptr(const struct unwind_state *state);
static inline bool unwind_done(const struct unwind_state *state)	{ return state->done; }
static inline bool unwind_error(const struct unwind_state *state)	{ return state->error; }

/*
 * stack_trace_save - up to @size return addresses of the caller and its callers, leaving out @skipnr; returns how many.
 */
unsigned int stack_trace_save(unsigned long *store, unsigned int size, unsigned int skipnr);
unsigned int stack_trace_save_tsk(struct task_struct *task, unsigned long *store, unsigned int size,
				  unsigned int skipnr);
unsigned int stack_trace_save_regs(struct pt_regs *regs, unsigned long *store, unsigned int size, unsigned int skipnr);
void stack_trace_print(const unsigned long *entries, unsigned int nr_entries, int spaces);

/*
 * show_stack - "Call Trace:" of @task (NULL: current), with "?" before addresses that lie on the stack but are in no
 * frame
 *	@sp: where to begin, or NULL. The caller sees to it that @task does not go away.
 * show_trace_log_lvl - the same from @regs (behind the function that they interrupted), or else from @sp
 * stack_trace_early_init - lend the stack walk and the symbols to panic(), dump_stack() and %pS: first line of
 * start_kernel()
 */
void show_stack(struct task_struct *task, unsigned long *sp, const char *log_lvl);
void show_trace_log_lvl(struct task_struct *task, struct pt_regs *regs, unsigned long *sp, const char *log_lvl);
void stack_trace_early_init(void);

#endif
