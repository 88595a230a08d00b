/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/entry/traps.c - what to do about an exception.
 *
 * An exception is the CPU's objection to one instruction. Who wrote the instruction decides:
 *
 *	user mode	the program gets a signal, with the address and the reason; without a handler it dies. The kernel is fine.
 *	kernel mode	1. an instruction listed in the exception table (user copies, careful reads): continue at its fixup
 *			2. UD2 that is a WARN: report and go on
 *			3. anything else is a bug of the kernel: an oops
 *
 * Which signal belongs to which exception is the ABI's:
 *
 *	#DE SIGFPE FPE_INTDIV	#OF SIGSEGV	#UD SIGILL ILL_ILLOPN	#NP #SS SIGBUS	#GP SIGSEGV	#AC SIGBUS BUS_ADRALN
 *	#DB #BP SIGTRAP		#BR SIGSEGV	#MF #XF SIGFPE, code from the status word		#PF see fault.c
 *
 * Every handler is entered with interrupts off. Those that may deliver a signal turn them on again if the interrupted code had
 * them on; the way out (common.c) turns them off.
 *
 * References: Intel SDM vol. 3, chapter 6; System V ABI, AMD64 supplement, 3.4.
 */
#include <primer/bug.h>
#include <primer/console.h>
#include <primer/hardirq.h>
#include <primer/kdebug.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/smp.h>
#include <primer/stacktrace.h>
#include <asm/desc.h>
#include <asm/extable.h>
#include <asm/fpu.h>
#include <asm/irqflags.h>
#include <asm/nmi.h>
#include <asm/processor.h>
#include <asm/traps.h>

static __always_inline void cond_local_irq_enable(struct pt_regs *regs)
{
	if (regs->flags & X86_EFLAGS_IF)
		local_irq_enable();
}

/* An exception without an address of its own. @addr: what si_addr says. */
static void do_trap(struct pt_regs *regs, unsigned long error_code, int trapnr, const char *str, int signr, int code,
		    unsigned long addr)
{
	if (user_mode(regs)) {
		cond_local_irq_enable(regs);
		current->thread.error_code = error_code;
		current->thread.trap_nr = trapnr;
		if (code)
			force_sig_fault(signr, code, (void *)addr);
		else
			force_sig(signr);
		return;
	}
	if (fixup_exception(regs))
		return;
	die(str, regs, error_code);
}

void exc_divide_error(struct pt_regs *regs, unsigned long error_code)
{
	do_trap(regs, error_code, X86_TRAP_DE, "divide error", SIGFPE, FPE_INTDIV, regs->ip);
}

void exc_overflow(struct pt_regs *regs, unsigned long error_code)
{
	do_trap(regs, error_code, X86_TRAP_OF, "overflow", SIGSEGV, 0, 0);
}

void exc_bounds(struct pt_regs *regs, unsigned long error_code)
{
	do_trap(regs, error_code, X86_TRAP_BR, "bounds", SIGSEGV, 0, 0);
}

void exc_invalid_op(struct pt_regs *regs, unsigned long error_code)
{
	if (!user_mode(regs) && report_bug(regs->ip, regs) == BUG_TRAP_TYPE_WARN) {
		regs->ip += LEN_UD2;
		return;
	}
	do_trap(regs, error_code, X86_TRAP_UD, "invalid opcode", SIGILL, ILL_ILLOPN, regs->ip);
}

/* #NM comes when CR0.TS or EM is set, which nobody does: the FPU is switched eagerly. */
void exc_device_not_available(struct pt_regs *regs, unsigned long error_code)
{
	die("unexpected #NM exception", regs, error_code);
}

void exc_coproc_segment_overrun(struct pt_regs *regs, unsigned long error_code)
{
	do_trap(regs, error_code, X86_TRAP_OLD_MF, "coprocessor segment overrun", SIGFPE, 0, 0);
}

void exc_invalid_tss(struct pt_regs *regs, unsigned long error_code)
{
	do_trap(regs, error_code, X86_TRAP_TS, "invalid TSS", SIGSEGV, 0, 0);
}

void exc_segment_not_present(struct pt_regs *regs, unsigned long error_code)
{
	do_trap(regs, error_code, X86_TRAP_NP, "segment not present", SIGBUS, 0, 0);
}

void exc_stack_segment(struct pt_regs *regs, unsigned long error_code)
{
	do_trap(regs, error_code, X86_TRAP_SS, "stack segment", SIGBUS, 0, 0);
}

void exc_general_protection(struct pt_regs *regs, unsigned long error_code)
{
	do_trap(regs, error_code, X86_TRAP_GP, "general protection fault", SIGSEGV, 0, 0);
}

void exc_alignment_check(struct pt_regs *regs, unsigned long error_code)
{
	do_trap(regs, error_code, X86_TRAP_AC, "alignment check", SIGBUS, BUS_ADRALN, read_cr2());
}

void exc_spurious_interrupt_bug(struct pt_regs *regs, unsigned long error_code)
{
	(void)regs;
	(void)error_code;
}

void exc_virtualization(struct pt_regs *regs, unsigned long error_code)
{
	do_trap(regs, error_code, X86_TRAP_VE, "virtualization exception", SIGSEGV, 0, 0);
}

void exc_control_protection(struct pt_regs *regs, unsigned long error_code)
{
	do_trap(regs, error_code, X86_TRAP_CP, "control protection exception", SIGSEGV, 0, 0);
}

/* si_code of SIGFPE from the unmasked exception flags of the x87 status word or of MXCSR, whose low bits agree. */
static int fpu_exception_code(unsigned int err)
{
	if (err & 0x01)
		return FPE_FLTINV;
	if (err & 0x04)
		return FPE_FLTDIV;
	if (err & 0x08)
		return FPE_FLTOVF;
	if (err & 0x12)			/* denormal operand or underflow */
		return FPE_FLTUND;
	if (err & 0x20)
		return FPE_FLTRES;
	return 0;
}

/* The registers are still the task's: a switch would have gone through user mode's door first. */
void exc_coprocessor_error(struct pt_regs *regs, unsigned long error_code)
{
	u16 cwd = 0, swd = 0;
	int code;

	if (!user_mode(regs)) {
		do_trap(regs, error_code, X86_TRAP_MF, "fpu exception", SIGFPE, 0, 0);
		return;
	}
	__asm__ volatile("fnstcw %0; fnstsw %1" : "=m"(cwd), "=m"(swd));
	code = fpu_exception_code(swd & ~cwd & 0x3f);
	if (code)
		do_trap(regs, error_code, X86_TRAP_MF, "fpu exception", SIGFPE, code, regs->ip);
}

void exc_simd_coprocessor_error(struct pt_regs *regs, unsigned long error_code)
{
	u32 mxcsr = 0;
	int code;

	if (!user_mode(regs)) {
		do_trap(regs, error_code, X86_TRAP_XF, "simd exception", SIGFPE, 0, 0);
		return;
	}
	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	code = fpu_exception_code(mxcsr & ~(mxcsr >> 7) & 0x3f);
	if (code)
		do_trap(regs, error_code, X86_TRAP_XF, "simd exception", SIGFPE, code, regs->ip);
}

/* INT3: ring 3 may raise it (its gate has DPL 3). In the kernel it belongs to a debugger or a probe; alone it is a bug. */
void exc_int3(struct pt_regs *regs, unsigned long error_code)
{
	if (user_mode(regs)) {
		cond_local_irq_enable(regs);
		current->thread.trap_nr = X86_TRAP_BP;
		current->thread.error_code = 0;
		force_sig(SIGTRAP);
		return;
	}
	die("int3", regs, error_code);
}

/*
 * #DB: a hardware breakpoint or a single step. DR6 says which and is not cleared by the CPU. Single steps of user mode
 * come from TF in its flags. In the kernel, TF was cleared on entry, and nobody sets breakpoints: clear it and go on.
 */
void exc_debug(struct pt_regs *regs, unsigned long error_code)
{
	unsigned long dr6;

	__asm__ volatile("movq %%dr6, %0" : "=r"(dr6));
	__asm__ volatile("movq %0, %%dr6" :: "r"(0xffff0ff0UL));
	if (user_mode(regs)) {
		cond_local_irq_enable(regs);
		current->thread.trap_nr = X86_TRAP_DB;
		current->thread.error_code = error_code;
		force_sig_fault(SIGTRAP, dr6 & BIT(14) ? TRAP_TRACE : TRAP_HWBKPT, (void *)regs->ip);
		return;
	}
	if (dr6 & BIT(14))
		regs->flags &= ~X86_EFLAGS_TF;
	WARN_ON_ONCE(!(dr6 & (BIT(14) | 0xf)));
}

/*
 * NMI. May strike anywhere, also inside another handler's first instruction; it must not fault, because the IRET of a fault
 * would let the next NMI in on top of this one's stack. Who handles it: kernel/x86/nmi.c.
 */
void exc_nmi(struct pt_regs *regs, unsigned long error_code)
{
	(void)error_code;
	nmi_enter();
	default_do_nmi(regs);
	nmi_exit();
}

void exc_double_fault(struct pt_regs *regs, unsigned long error_code)
{
	double_fault_oops(regs, error_code, read_cr2());
}

void exc_machine_check(struct pt_regs *regs, unsigned long error_code)
{
	(void)error_code;
	show_regs(regs);
	panic("Machine check on CPU %d", raw_smp_processor_id());
}

/*
 * fixup_bad_iret - IRETQ to user mode refused its frame
 *
 * @bad is the frame of that exception, in kernel mode; bad->sp points at the five words that IRETQ read. Build, where the
 * task's frame belongs, what it would be had the first user instruction raised the exception.
 */
struct pt_regs *fixup_bad_iret(struct pt_regs *bad)
{
	struct pt_regs tmp = *bad, *regs = task_pt_regs(current);
	const unsigned long *iret = (const unsigned long *)bad->sp;

	tmp.ip = iret[0];
	tmp.cs = iret[1];
	tmp.flags = iret[2];
	tmp.sp = iret[3];
	tmp.ss = iret[4];
	*regs = tmp;
	return regs;
}

/*
 * do_early_exception - exceptions before trap_init(): there is no task to signal and little that works
 *
 * The log and the symbols do, so a mistake in the first thousand lines of the kernel is reported like any other.
 */
void do_early_exception(struct pt_regs *regs, unsigned long vector)
{
	unsigned long error_code = regs->orig_ax;

	if (vector == X86_TRAP_NMI)
		return;
	/* Before x86_64_start_kernel() has: names for the report, and a port to say it on. */
	stack_trace_early_init();
	early_console_arm();
	if (fixup_exception(regs))
		return;
	if (vector == X86_TRAP_UD && report_bug(regs->ip, regs) == BUG_TRAP_TYPE_WARN) {
		regs->ip += LEN_UD2;
		return;
	}
	if (vector == X86_TRAP_PF)
		page_fault_oops(regs, error_code, read_cr2());
	pr_alert("early exception 0x%02lx\n", vector);
	die(vector == X86_TRAP_UD ? "invalid opcode" : "early exception", regs, error_code);
	panic("early exception 0x%02lx at %pS", vector, (void *)regs->ip);
}

/* trap_init - the final IDT: the exceptions by name, and a stub for every other vector. Boot CPU, once, after cpu_init(). */
void __init trap_init(void)
{
	static const struct {
		u8 vector, ist, dpl;
		void (*stub)(void);
	} gates[] __initconst = {
		{ X86_TRAP_DE, 0, 0, asm_exc_divide_error },
		{ X86_TRAP_DB, IST_DB, 0, asm_exc_debug },
		{ X86_TRAP_NMI, IST_NMI, 0, asm_exc_nmi },
		{ X86_TRAP_BP, 0, 3, asm_exc_int3 },
		{ X86_TRAP_OF, 0, 3, asm_exc_overflow },
		{ X86_TRAP_BR, 0, 0, asm_exc_bounds },
		{ X86_TRAP_UD, 0, 0, asm_exc_invalid_op },
		{ X86_TRAP_NM, 0, 0, asm_exc_device_not_available },
		{ X86_TRAP_DF, IST_DF, 0, asm_exc_double_fault },
		{ X86_TRAP_OLD_MF, 0, 0, asm_exc_coproc_segment_overrun },
		{ X86_TRAP_TS, 0, 0, asm_exc_invalid_tss },
		{ X86_TRAP_NP, 0, 0, asm_exc_segment_not_present },
		{ X86_TRAP_SS, 0, 0, asm_exc_stack_segment },
		{ X86_TRAP_GP, 0, 0, asm_exc_general_protection },
		{ X86_TRAP_PF, 0, 0, asm_exc_page_fault },
		{ X86_TRAP_SPURIOUS, 0, 0, asm_exc_spurious_interrupt_bug },
		{ X86_TRAP_MF, 0, 0, asm_exc_coprocessor_error },
		{ X86_TRAP_AC, 0, 0, asm_exc_alignment_check },
		{ X86_TRAP_MC, IST_MCE, 0, asm_exc_machine_check },
		{ X86_TRAP_XF, 0, 0, asm_exc_simd_coprocessor_error },
		{ X86_TRAP_VE, 0, 0, asm_exc_virtualization },
		{ X86_TRAP_CP, 0, 0, asm_exc_control_protection },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(gates); i++)
		set_intr_gate(gates[i].vector, gates[i].stub, gates[i].ist, gates[i].dpl);
	for (unsigned int v = FIRST_EXTERNAL_VECTOR; v < IDT_ENTRIES; v++)
		set_intr_gate(v, irq_entries_start + 16 * (v - FIRST_EXTERNAL_VECTOR), 0, 0);
}
