/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/entry/signal_frame.c - a signal handler is a function call that the kernel makes on the program's behalf.
 *
 * On the way out to user mode, with a signal to handle, the registers that the program would continue with are written to its
 * stack, and replaced by others: "at the first instruction of the handler, called with these arguments". The return address is
 * the program's own restorer, whose one act is the system call rt_sigreturn, which reads the registers back.
 *
 *	the program's stack		before: sp -> | ...                      |
 *	(or the alternate one)			      | 128 bytes of red zone    |
 *						      | FPU registers, aligned 64|
 *						      | siginfo                  |
 *						      | ucontext: registers, mask|
 *					after:  sp -> | restorer's address       |	sp + 8 is a multiple of 16
 *
 * Everything that rt_sigreturn reads could have been changed by the program, or could be an invention. It decides only about
 * the program's own registers; what would be more than that is corrected: the segments become the user's, the flags keep the
 * bits that a user may set. A frame that cannot be read, or whose FPU area no CPU would take, ends in SIGSEGV.
 *
 * Restarting. A system call that a signal interrupted returns one of the ERESTART codes, which user mode never sees:
 *
 *	code			no handler runs		handler without SA_RESTART	handler with SA_RESTART
 *	ERESTARTNOINTR		again			again				again
 *	ERESTARTSYS		again			-EINTR				again
 *	ERESTARTNOHAND		again			-EINTR				-EINTR
 *	ERESTART_RESTARTBLOCK	restart_syscall		-EINTR				-EINTR
 *
 * "Again" is: set ax back to the call's number and step ip back over the SYSCALL instruction, two bytes.
 *
 * Reference: System V ABI, AMD64 supplement, 3.4.1 and the red zone of 3.2.2; Linux arch/x86/kernel/signal.c.
 */
#include <primer/errno.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/process.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/string.h>
#include <primer/syscalls.h>
#include <uapi/sigcontext.h>
#include <uapi/unistd.h>
#include <asm/fpu.h>
#include <asm/segment.h>
#include <asm/uaccess.h>
#include "entry.h"

struct rt_sigframe {
	void *pretcode;			/* the restorer: what the handler returns to */
	struct ucontext uc;
	siginfo_t info;
};

#define RED_ZONE	128
#define SYSCALL_INSN_SIZE 2
/* Flags that a frame may set: those that ring 3 can change by itself, and TF. */
#define FIX_EFLAGS	(X86_EFLAGS_AC | X86_EFLAGS_OF | X86_EFLAGS_DF | X86_EFLAGS_TF | X86_EFLAGS_SF | X86_EFLAGS_ZF | \
			 X86_EFLAGS_AF | X86_EFLAGS_PF | X86_EFLAGS_CF | X86_EFLAGS_RF)

/* Where the frame goes; *@fp: where its FPU area goes. */
static unsigned long get_sigframe(const struct k_sigaction *ka, const struct pt_regs *regs, unsigned long *fp)
{
	unsigned long sp = regs->sp;
	bool nested = on_sig_stack(sp);

	sp -= RED_ZONE;
	if ((ka->sa.sa_flags & SA_ONSTACK) && sas_ss_flags(regs->sp) == 0) {
		sp = current->sas_ss_sp + current->sas_ss_size;
		nested = true;
	}
	sp = ALIGN_DOWN(sp - fpu_sigframe_size(), 64UL);
	*fp = sp;
	sp = ALIGN_DOWN(sp - sizeof(struct rt_sigframe), 16UL) - 8;

	/* Running off the alternate stack would write into whatever lies below it. */
	if (nested && current->sas_ss_size && (sp < current->sas_ss_sp || sp >= current->sas_ss_sp + current->sas_ss_size))
		return 0;
	return sp;
}

static void save_sigcontext(struct sigcontext *sc, const struct pt_regs *regs, unsigned long fp, sigset_t mask)
{
	const struct thread_struct *t = &current->thread;

	*sc = (struct sigcontext){
		.r8 = regs->r8, .r9 = regs->r9, .r10 = regs->r10, .r11 = regs->r11,
		.r12 = regs->r12, .r13 = regs->r13, .r14 = regs->r14, .r15 = regs->r15,
		.di = regs->di, .si = regs->si, .bp = regs->bp, .bx = regs->bx,
		.dx = regs->dx, .ax = regs->ax, .cx = regs->cx, .sp = regs->sp, .ip = regs->ip,
		.flags = regs->flags, .cs = (unsigned short)regs->cs, .ss = (unsigned short)regs->ss,
		.err = t->error_code, .trapno = t->trap_nr, .oldmask = mask, .cr2 = t->cr2,
		.fpstate = (void *)fp,
	};
}

static int setup_rt_frame(struct ksignal *ksig, struct pt_regs *regs)
{
	struct task_struct *p = current;
	struct ucontext uc = { 0 };
	struct rt_sigframe *frame;
	unsigned long fp;

	/* The ABI's restorer is not optional on x86-64: there is no code of ours in the program to return to. */
	if (!(ksig->ka.sa.sa_flags & SA_RESTORER))
		return -EFAULT;
	frame = (struct rt_sigframe *)get_sigframe(&ksig->ka, regs, &fp);
	if (!frame || !access_ok(frame, sizeof(*frame)) || fpu_save_sigframe(fp))
		return -EFAULT;

	uc.uc_flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS | (fpu_user_xstate_size > 512 ? UC_FP_XSTATE : 0);
	uc.uc_stack.ss_sp = (void *)p->sas_ss_sp;
	uc.uc_stack.ss_size = p->sas_ss_size;
	uc.uc_stack.ss_flags = sas_ss_flags(regs->sp) | (p->sas_ss_flags & SS_AUTODISARM);
	uc.uc_sigmask = *sigmask_to_save();
	save_sigcontext(&uc.uc_mcontext, regs, fp, uc.uc_sigmask);

	if (put_user((void *)ksig->ka.sa.sa_restorer, &frame->pretcode) || copy_to_user(&frame->uc, &uc, sizeof(uc)))
		return -EFAULT;
	if ((ksig->ka.sa.sa_flags & SA_SIGINFO) && copy_siginfo_to_user(&frame->info, &ksig->info))
		return -EFAULT;

	if (p->sas_ss_flags & SS_AUTODISARM) {
		p->sas_ss_sp = 0;
		p->sas_ss_size = 0;
		p->sas_ss_flags = SS_DISABLE;
	}
	regs->di = ksig->sig;
	regs->si = (unsigned long)&frame->info;
	regs->dx = (unsigned long)&frame->uc;
	regs->ax = 0;
	regs->ip = (unsigned long)ksig->ka.sa.sa_handler;
	regs->sp = (unsigned long)frame;
	regs->cs = __USER_CS;
	regs->ss = __USER_DS;
	/* The handler runs with the ABI's clear direction flag, without single stepping. */
	regs->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
	return 0;
}

/* An interrupted system call, now that it is known whether and which handler runs. @ka NULL: none. */
static void restart_syscall(struct pt_regs *regs, const struct k_sigaction *ka)
{
	if ((long)regs->orig_ax < 0)		/* not from a system call */
		return;
	switch ((long)regs->ax) {
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		if (ka) {
			regs->ax = -EINTR;
			return;
		}
		break;
	case -ERESTARTSYS:
		if (ka && !(ka->sa.sa_flags & SA_RESTART)) {
			regs->ax = -EINTR;
			return;
		}
		break;
	case -ERESTARTNOINTR:
		break;
	default:
		return;
	}
	regs->ax = (long)regs->ax == -ERESTART_RESTARTBLOCK ? __NR_restart_syscall : regs->orig_ax;
	regs->ip -= SYSCALL_INSN_SIZE;
}

void do_signal(struct pt_regs *regs)
{
	struct ksignal ksig;
	int failed;

	if (get_signal(&ksig)) {
		if (ksig.ka.sa.sa_handler == SIG_DFL)
			do_group_exit(ksig.sig);
		restart_syscall(regs, &ksig.ka);
		failed = setup_rt_frame(&ksig, regs);
		if (!failed)
			fpu__clear();		/* a handler may count on the ABI's control words, like any function */
		signal_setup_done(failed, &ksig, 0);
		regs->orig_ax = -1;		/* the call's fate is decided; a second signal must not decide again */
		return;
	}
	restart_syscall(regs, NULL);
	regs->orig_ax = -1;
	restore_saved_sigmask();
}

static int restore_sigcontext(struct pt_regs *regs, const struct sigcontext *sc)
{
	*regs = (struct pt_regs){
		.r8 = sc->r8, .r9 = sc->r9, .r10 = sc->r10, .r11 = sc->r11,
		.r12 = sc->r12, .r13 = sc->r13, .r14 = sc->r14, .r15 = sc->r15,
		.di = sc->di, .si = sc->si, .bp = sc->bp, .bx = sc->bx,
		.dx = sc->dx, .ax = sc->ax, .cx = sc->cx, .sp = sc->sp, .ip = sc->ip,
		.cs = __USER_CS, .ss = __USER_DS,
		.flags = (sc->flags & FIX_EFLAGS) | (regs->flags & ~FIX_EFLAGS),
		.orig_ax = -1,
	};
	return fpu_restore_sigframe((unsigned long)sc->fpstate);
}

SYSCALL_DEFINE0(rt_sigreturn)
{
	struct pt_regs *regs = current_pt_regs();
	struct rt_sigframe *frame = (struct rt_sigframe *)(regs->sp - sizeof(long));
	struct ucontext uc;

	if (copy_from_user(&uc, &frame->uc, sizeof(uc)))
		goto bad;
	/* What was interrupted returns to where the frame says; no restart_syscall() belongs to that. */
	current->restart_block.fn = do_no_restart_syscall;
	set_current_blocked(&uc.uc_sigmask);
	if (restore_sigcontext(regs, &uc.uc_mcontext))
		goto bad;
	do_sigaltstack(&uc.uc_stack, NULL, regs->sp, 0);	/* nonsense there leaves the stack as it is */
	return regs->ax;
bad:
	pr_debug("%s[%d]: bad frame in rt_sigreturn: ip %lx sp %lx\n", current->comm, current->pid, regs->ip, regs->sp);
	force_sig(SIGSEGV);
	return 0;
}
