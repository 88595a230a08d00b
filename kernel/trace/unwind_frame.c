/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/trace/unwind_frame.c - who called whom: a walk along the frame pointers.
 *
 * The problem. A backtrace is wanted when something is broken, perhaps the very stack that is to be walked. So the
 * walk must not believe anything it has not checked, and must end.
 *
 * The idea. Every function begins with "push rbp; mov rbp, rsp", so each frame starts with the address of the next
 * one, and the return address stands above it. The entry code of exceptions makes rbp the address of its struct
 * pt_regs with bit 0 set; no frame lies at an odd address, so the walker knows that here a function was interrupted,
 * not called:
 *
 *	   high  |  return address |		start_kernel+0x..	(bp of the outermost is 0)
 *	   +---> |  saved bp = 0   |
 *	   |     |  locals	   |
 *	   |     |  return address |		do_something+0x..
 *	   +-----|- saved bp	   | <--+
 *	         |  locals	   |	|
 *	         |=================|	|	exception
 *	         |  struct pt_regs |	|	regs->ip: where; regs->bp --+
 *	         |  (bp)       ----|----+
 *	   +---> |  (r15)	   |
 *	   |	 |  return address |		asm_exc_page_fault+0x..
 *	   +1 ---|- saved bp | 1   | <--+	bp of the handler's frame
 *	         |  locals	   |	|
 *	   low   |  ...		   |	+-- rbp
 *
 * An exception can have its own stack (IST), and interrupt handlers have one; then the regs, or the mark that points to
 * them, lead over to the stack that was interrupted.
 *
 * What is checked at each step, so that following a link never faults and the walk ends:
 *   U1  the words read lie within one stack whose bounds come from a trustworthy place (the task, the per-CPU area);
 *   U2  on one stack, frames only go up;
 *   U3  a stack is entered once.
 *
 * What it cannot see. A function interrupted before its "mov rbp, rsp" leaves out its caller. show_trace_log_lvl()
 * therefore prints every other code address that it finds on the stack too, with a "?".
 *
 * This file is compiled like all others; a compiler that leaves out frames in leaf functions costs nothing, as they
 * call nobody.
 *
 * Linux has this walker too (arch/x86/kernel/unwind_frame.c) and prefers ORC, tables which say for each instruction
 * where the frame is, so that rbp is free for other uses.
 */
#include <primer/kernel.h>
#include <primer/preempt.h>
#include <primer/sched.h>
#include <primer/stacktrace.h>
#include <asm/desc.h>
#include <asm/irq_stack.h>
#include <asm/ptrace.h>

const char *stack_type_name(enum stack_type type)
{
	switch ((int)type) {
	case STACK_TYPE_TASK:
		return "TASK";
	case STACK_TYPE_IRQ:
		return "IRQ";
	case STACK_TYPE_EXCEPTION + IST_DF:
		return "#DF";
	case STACK_TYPE_EXCEPTION + IST_NMI:
		return "NMI";
	case STACK_TYPE_EXCEPTION + IST_DB:
		return "#DB";
	case STACK_TYPE_EXCEPTION + IST_MCE:
		return "#MC";
	}
	return NULL;
}

static bool on_exception_stack(unsigned long sp, struct stack_info *info)
{
	unsigned long top;
	int i;

	/* Through the TSS, because that is what the CPU used. Before cpu_init() all entries are 0. */
	for (i = 0; i < N_EXCEPTION_STACKS; i++) {
		top = this_cpu_ptr(&cpu_tss)->x86_tss.ist[i];
		if (!top || sp < top - EXCEPTION_STKSZ || sp >= top)
			continue;
		info->type = STACK_TYPE_EXCEPTION + i + 1;
		info->begin = top - EXCEPTION_STKSZ;
		info->end = top;
		/* The CPU pushes its frame at the very top. */
		info->next_sp = ((struct pt_regs *)top - 1)->sp;
		return true;
	}
	return false;
}

bool get_stack_info(unsigned long sp, struct task_struct *task, struct stack_info *info)
{
	unsigned long begin = (unsigned long)(task ? task->stack : init_stack);

	*info = (struct stack_info){ .type = STACK_TYPE_UNKNOWN };
	if (!sp || sp & 7 || !begin)
		return false;
	if (sp >= begin && sp < begin + THREAD_SIZE) {
		info->type = STACK_TYPE_TASK;
		info->begin = begin;
		info->end = begin + THREAD_SIZE;
		return true;
	}
	/* Interrupt stacks belong to a CPU: only the task that runs here can be on one of ours. */
	if (task != current)
		return false;
	if (irq_stack_bounds(sp, &info->begin, &info->end, &info->next_sp)) {
		info->type = STACK_TYPE_IRQ;
		return true;
	}
	return on_exception_stack(sp, info);
}

/* U1: [addr, addr + len) on the present stack? */
static bool on_present_stack(const struct unwind_state *state, unsigned long addr, size_t len)
{
	return addr >= state->stack_info.begin && addr < state->stack_info.end && len <= state->stack_info.end - addr;
}

/* Make the stack that holds [addr, addr + len) the present one. */
static bool enter_stack(struct unwind_state *state, unsigned long addr, size_t len)
{
	struct stack_info info;

	if (!get_stack_info(addr, state->task, &info) || len > info.end - addr)
		return false;
	if (state->visited & 1UL << info.type)		/* U3 */
		return false;
	state->visited |= 1UL << info.type;
	state->stack_info = info;
	return true;
}

static void stop(struct unwind_state *state, bool error)
{
	state->done = true;
	state->error = error;
	state->bp = 0;
	state->regs = NULL;
}

/*
 * The new bp, a frame or marked registers, becomes the present frame. @floor: it must lie at or above, if on the same
 * stack.
 */
static bool take_bp(struct unwind_state *state, unsigned long bp, unsigned long floor)
{
	unsigned long addr = bp & ~1UL;
	size_t len = bp & 1 ? sizeof(struct pt_regs) : 2 * sizeof(long);

	state->entry_regs = NULL;
	if (!addr) {
		stop(state, false);
		return false;
	}
	if (addr & 7 || (on_present_stack(state, addr, len) ? addr < floor : !enter_stack(state, addr, len))) {
		stop(state, true);
		return false;
	}
	if (bp & 1) {
		state->regs = (struct pt_regs *)addr;
		state->bp = 0;
		/* The end: entered from user mode, or the blank registers at the top of a kernel thread's stack. */
		if (user_mode(state->regs) || !state->regs->cs) {
			state->entry_regs = state->regs->cs ? state->regs : NULL;
			stop(state, false);
			return false;
		}
		state->entry_regs = state->regs;
	} else {
		state->regs = NULL;
		state->bp = addr;
	}
	return true;
}

bool unwind_next(struct unwind_state *state)
{
	if (state->done)
		return false;
	if (state->regs) {
		const struct pt_regs *regs = state->regs;

		return take_bp(state, regs->bp, (unsigned long)(regs + 1));
	}
	/* U2: the next frame starts above our two words. */
	return take_bp(state, *(unsigned long *)state->bp, state->bp + 2 * sizeof(long));
}

unsigned long *unwind_get_return_address_ptr(const struct unwind_state *state)
{
	if (state->done)
		return NULL;
	return state->regs ? &state->regs->ip : (unsigned long *)state->bp + 1;
}

unsigned long unwind_get_return_address(const struct unwind_state *state)
{
	unsigned long *ptr = unwind_get_return_address_ptr(state);

	return ptr ? *ptr : 0;
}

/* What __switch_to_asm leaves at thread.sp (kernel/x86/switch.asm). */
struct inactive_task_frame {
	unsigned long r15, r14, r13, r12, bx, bp, ret_addr;
};

void unwind_start(struct unwind_state *state, struct task_struct *task, struct pt_regs *regs)
{
	*state = (struct unwind_state){ .task = task };
	if (regs) {
		if (user_mode(regs))
			stop(state, false);
		else
			take_bp(state, (unsigned long)regs | 1, 0);
	} else if (task != current) {
		struct inactive_task_frame *frame = (void *)READ_ONCE(task->thread.sp);

		/*
		 * bp and ret_addr stand there like any other frame. A task that runs on another CPU gives what its last
		 * switch left.
		 */
		take_bp(state, frame ? (unsigned long)&frame->bp : 0, 0);
	} else {
		/* The caller's frame, not ours: that is gone when we return, and an interrupt may write over it. */
		take_bp(state, *(unsigned long *)__builtin_frame_address(0), 0);
	}
}
