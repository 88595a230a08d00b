/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/kdebug.h - the report of a fault in the kernel: an oops.
 *
 * An exception that nobody can resolve prints why, the registers, the code and the backtrace. Then the task that did
 * it is killed, and the machine goes on; or it panics: in an interrupt, without a task to kill, or with oops=panic.
 * Context of all: exception handlers, NMI included; any locks held.
 */
#ifndef PRIMER_KDEBUG_H
#define PRIMER_KDEBUG_H

#include <primer/compiler.h>
#include <primer/types.h>

struct pt_regs;
struct task_struct;

/* Bits of the error code of #PF (Intel SDM vol. 3, 4.7). */
#define X86_PF_PROT	(1UL << 0)	/* 0: no page there; 1: its rights forbade it */
#define X86_PF_WRITE	(1UL << 1)
#define X86_PF_USER	(1UL << 2)
#define X86_PF_RSVD	(1UL << 3)
#define X86_PF_INSTR	(1UL << 4)
#define X86_PF_PK	(1UL << 5)

/*
 * die - the whole report under the title @str, and then the end of the task (oops_end); returns only for user-mode
 * @regs
 */
void die(const char *str, struct pt_regs *regs, long err);

/* The parts of die(): between begin and end, what other CPUs report waits. @signr 0: do not kill. */
unsigned long oops_begin(void);
void __die(const char *str, struct pt_regs *regs, long err);
void oops_end(unsigned long flags, struct pt_regs *regs, int signr);

/* page_fault_oops - the end of a page fault in kernel mode at @address that has no fixup. Does not return. */
void page_fault_oops(struct pt_regs *regs, unsigned long error_code, unsigned long address) __noreturn;

/*
 * on_stack_guard_page - does @address lie right below current's stack?
 * handle_stack_overflow - report that; @message names how it was noticed, "kernel stack overflow (double-fault)"
 */
bool on_stack_guard_page(unsigned long address);
void handle_stack_overflow(const char *message, struct pt_regs *regs, unsigned long fault_address) __noreturn;

/* double_fault_oops - #DF on its own stack: a stack overflow if @address (CR2) says so, else the machine's end. */
void double_fault_oops(struct pt_regs *regs, unsigned long error_code, unsigned long address) __noreturn;

/*
 * show_regs - CPU line, registers, and for kernel mode the backtrace. __show_regs: @all: segments and control registers
 * too.
 */
void show_regs(struct pt_regs *regs);
void __show_regs(struct pt_regs *regs, bool all, const char *log_lvl);
void show_opcodes(struct pt_regs *regs, const char *log_lvl);
void dump_stack_print_info(const char *log_lvl);

/* dump_pagetable - the entries that translate @address in the loaded tables, one line. */
void dump_pagetable(unsigned long address);

/*
 * oops_exit_hook - end current with signal @signr; lent by the room that has do_exit(). NULL, or no current: panic.
 * Does not return.
 */
extern void (*oops_exit_hook)(long signr);

#endif
