/* SPDX-License-Identifier: GPL-2.0-only */
/* include/asm/traps.h - exception vectors (Intel SDM vol. 3, table 6-1) and the names of their entries and handlers. */
#ifndef ASM_TRAPS_H
#define ASM_TRAPS_H

#include <primer/compiler.h>
#include <asm/irq_vectors.h>
#include <asm/ptrace.h>

#define X86_TRAP_DE		0
#define X86_TRAP_DB		1
#define X86_TRAP_NMI		2
#define X86_TRAP_BP		3
#define X86_TRAP_OF		4
#define X86_TRAP_BR		5
#define X86_TRAP_UD		6
#define X86_TRAP_NM		7
#define X86_TRAP_DF		8
#define X86_TRAP_OLD_MF		9
#define X86_TRAP_TS		10
#define X86_TRAP_NP		11
#define X86_TRAP_SS		12
#define X86_TRAP_GP		13
#define X86_TRAP_PF		14
#define X86_TRAP_SPURIOUS	15
#define X86_TRAP_MF		16
#define X86_TRAP_AC		17
#define X86_TRAP_MC		18
#define X86_TRAP_XF		19
#define X86_TRAP_VE		20
#define X86_TRAP_CP		21

/* asm_exc_* are the gates' targets (entry_64.asm); exc_* the C handlers, entered with interrupts off. */
#define __TRAP(name)	void asm_##name(void); void name(struct pt_regs *regs, unsigned long error_code)
__TRAP(exc_divide_error);
__TRAP(exc_debug);
__TRAP(exc_nmi);
__TRAP(exc_int3);
__TRAP(exc_overflow);
__TRAP(exc_bounds);
__TRAP(exc_invalid_op);
__TRAP(exc_device_not_available);
__TRAP(exc_double_fault);
__TRAP(exc_coproc_segment_overrun);
__TRAP(exc_invalid_tss);
__TRAP(exc_segment_not_present);
__TRAP(exc_stack_segment);
__TRAP(exc_general_protection);
__TRAP(exc_page_fault);
__TRAP(exc_spurious_interrupt_bug);
__TRAP(exc_coprocessor_error);
__TRAP(exc_alignment_check);
__TRAP(exc_machine_check);
__TRAP(exc_simd_coprocessor_error);
__TRAP(exc_virtualization);
__TRAP(exc_control_protection);
#undef __TRAP

extern char irq_entries_start[];		/* 16 bytes for each vector from FIRST_EXTERNAL_VECTOR */

void do_early_exception(struct pt_regs *regs, unsigned long vector);
struct pt_regs *fixup_bad_iret(struct pt_regs *bad);
/* The doors of interrupts: device vectors, and those of asm/irq_vectors.h's upper part. Called on the interrupt stack, or the task's if
 * that was in user mode; interrupts off. */
void common_interrupt(struct pt_regs *regs, unsigned long vector);
void sysvec_interrupt(struct pt_regs *regs, unsigned long vector);
void trap_init(void);

/* The way out: see kernel/entry/common.c. */
void exit_to_user_mode(struct pt_regs *regs);
long do_not_implemented(unsigned long nr);

#endif
