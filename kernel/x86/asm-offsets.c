/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/asm-offsets.c - numbers that assembly needs and only the C compiler knows: offsets of structure fields, and
 * constants of the headers.
 *
 * This file is compiled to assembly text and never assembled. Each DEFINE leaves a mark "->NAME $VALUE" there, from which the
 * Makefile makes a %define for NASM.
 */
#include <primer/sched.h>
#include <asm/desc.h>
#include <asm/irq_vectors.h>
#include <asm/msr.h>
#include <asm/uaccess.h>
#include <uapi/unistd.h>

#define DEFINE(sym, val)	__asm__ volatile("\n\t.ascii \"->" #sym " %0\"" :: "i"((long)(val)))
#define OFFSET(sym, str, mem)	DEFINE(sym, offsetof(struct str, mem))

void asm_offsets(void);
void asm_offsets(void)
{
	OFFSET(PT_R15, pt_regs, r15);
	OFFSET(PT_R11, pt_regs, r11);
	OFFSET(PT_R10, pt_regs, r10);
	OFFSET(PT_R9, pt_regs, r9);
	OFFSET(PT_R8, pt_regs, r8);
	OFFSET(PT_RAX, pt_regs, ax);
	OFFSET(PT_RCX, pt_regs, cx);
	OFFSET(PT_RDX, pt_regs, dx);
	OFFSET(PT_RSI, pt_regs, si);
	OFFSET(PT_RDI, pt_regs, di);
	OFFSET(PT_ORIG_RAX, pt_regs, orig_ax);
	OFFSET(PT_RIP, pt_regs, ip);
	OFFSET(PT_CS, pt_regs, cs);
	OFFSET(PT_EFLAGS, pt_regs, flags);
	OFFSET(PT_RSP, pt_regs, sp);
	OFFSET(PT_SS, pt_regs, ss);
	DEFINE(PT_SIZE, sizeof(struct pt_regs));

	OFFSET(TI_FLAGS, thread_info, flags);
	OFFSET(TASK_THREAD_SP, task_struct, thread.sp);
	OFFSET(TASK_STACK_CANARY, task_struct, stack_canary);
	DEFINE(WORK_EXIT, _TIF_EXIT_WORK);

	OFFSET(TSS_SP0, tss_page, x86_tss.sp0);
	OFFSET(TSS_SP2, tss_page, x86_tss.sp2);

	DEFINE(KERNEL32_CS_ASM, __KERNEL32_CS);
	DEFINE(KERNEL_CS_ASM, __KERNEL_CS);
	DEFINE(KERNEL_DS_ASM, __KERNEL_DS);
	DEFINE(USER_CS_ASM, __USER_CS);
	DEFINE(USER_DS_ASM, __USER_DS);
	DEFINE(THREAD_SIZE_ASM, THREAD_SIZE);
	DEFINE(TASK_SIZE_SHIFT, 47);
	DEFINE(NR_SYSCALLS_ASM, NR_syscalls);
	DEFINE(ENOSYS_ASM, ENOSYS);

	DEFINE(X86_EFLAGS_ID, X86_EFLAGS_ID);
	DEFINE(EFLAGS_IF, X86_EFLAGS_IF);
	DEFINE(EFLAGS_RF_TF, X86_EFLAGS_RF | X86_EFLAGS_TF);
	DEFINE(X86_CR4_PAE, X86_CR4_PAE);
	DEFINE(CR0_STATE, (long)(X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | X86_CR0_AM | X86_CR0_PG));
	DEFINE(TRAMPOLINE_CR0, (long)(X86_CR0_PE | X86_CR0_ET));
	DEFINE(EFER_LME_ASM, EFER_LME);
	DEFINE(EFER_NX_ASM, EFER_NX);
	DEFINE(MSR_EFER_ASM, MSR_EFER);
	DEFINE(MSR_GS_BASE_ASM, MSR_GS_BASE);
	DEFINE(MSR_KERNEL_GS_BASE_ASM, MSR_KERNEL_GS_BASE);
	DEFINE(EARLY_IDT_HANDLER_SIZE, 16);
	DEFINE(FIRST_EXTERNAL_VECTOR_ASM, FIRST_EXTERNAL_VECTOR);
	DEFINE(FIRST_SYSTEM_VECTOR_ASM, FIRST_SYSTEM_VECTOR);
#ifdef __clang__
	DEFINE(STACKPROTECTOR_GLOBAL, 1);
#endif
}
