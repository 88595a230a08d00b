/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/entry/fault.c - page faults: which are errors, and whose?
 *
 * Most page faults are no errors: memory is promised first and delivered at the first touch. This file decides which way to go;
 * delivering is handle_mm_fault()'s work (mm/vm).
 *
 *	address >= TASK_SIZE, user mode		SIGSEGV: nothing of the kernel's is the program's
 *	address >= TASK_SIZE, kernel mode	fixup of a careful access, or an oops: kernel mappings are never made by faults
 *	kernel mode, user address:
 *	    with SMAP and AC = 0		an access that does not go through uaccess.h: an oops, even if the page is there
 *	    instruction fetch			an oops (SMEP)
 *	    no mm, or in atomic context		the fixup: this code must not sleep
 *	otherwise				look up the area and ask handle_mm_fault(); if it cannot help, a signal to user mode,
 *						the fixup to kernel mode
 *
 * The mmap_lock is taken for reading, and might be held by the faulting kernel code itself when that code is buggy; to
 * report such a bug instead of deadlocking, kernel-mode faults wait for it only at instructions with a fixup.
 *
 * A signal's si_code tells SEGV_MAPERR (nothing is mapped there) from SEGV_ACCERR (mapped, but not for this access).
 *
 * References: Intel SDM vol. 3, 4.7; Linux arch/x86/mm/fault.c.
 */
#include <primer/kdebug.h>
#include <primer/oom.h>
#include <primer/panic.h>
#include <primer/preempt.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/trace.h>
#include <primer/vm.h>
#include <asm/extable.h>
#include <asm/irqflags.h>
#include <asm/processor.h>
#include <asm/traps.h>

static void user_fault_signal(struct pt_regs *regs, unsigned long error_code, unsigned long address, int sig, int code)
{
	struct task_struct *p = current;

	/* A program learns nothing about kernel addresses from the error code's "page present" bit. */
	p->thread.error_code = error_code | (address >= TASK_SIZE ? X86_PF_PROT : 0);
	p->thread.trap_nr = X86_TRAP_PF;
	p->thread.cr2 = address;
	pr_debug("%s[%d]: segfault at %lx ip %016lx sp %016lx error %lx\n", p->comm, p->pid, address, regs->ip, regs->sp, error_code);
	force_sig_fault(sig, code, (void *)address);
}

/* Nothing maps @address, or not for this access. */
static void bad_area(struct pt_regs *regs, unsigned long error_code, unsigned long address, int sig, int code)
{
	if (user_mode(regs)) {
		user_fault_signal(regs, error_code, address, sig, code);
		return;
	}
	if (fixup_exception(regs))
		return;
	page_fault_oops(regs, error_code, address);
}

static void do_user_addr_fault(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	struct task_struct *p = current;
	struct mm_struct *mm = p->mm;
	struct vm_area_struct *vma;
	unsigned int flags = FAULT_FLAG_DEFAULT;
	vm_fault_t fault;

	if (unlikely(error_code & X86_PF_RSVD))
		page_fault_oops(regs, error_code, address);	/* a table is corrupt */

	if (user_mode(regs)) {
		local_irq_enable();
		flags |= FAULT_FLAG_USER;
	} else {
		if (unlikely(error_code & X86_PF_INSTR))
			page_fault_oops(regs, error_code, address);
		if (unlikely((read_cr4() & X86_CR4_SMAP) && !(regs->flags & X86_EFLAGS_AC)))
			page_fault_oops(regs, error_code, address);
		if (unlikely(in_atomic() || !mm)) {
			bad_area(regs, error_code, address, SIGSEGV, SEGV_MAPERR);
			return;
		}
		if (regs->flags & X86_EFLAGS_IF)
			local_irq_enable();
	}
	if (error_code & X86_PF_WRITE)
		flags |= FAULT_FLAG_WRITE;
	if (error_code & X86_PF_INSTR)
		flags |= FAULT_FLAG_INSTRUCTION;

	if (unlikely(!mmap_read_trylock(mm))) {
		if (!user_mode(regs) && !search_exception_tables(regs->ip))
			page_fault_oops(regs, error_code, address);
retry:
		mmap_read_lock(mm);
	}

	vma = find_vma(mm, address);
	if (unlikely(!vma) || (unlikely(address < vma->vm_start) &&
			       (!(vma->vm_flags & VM_GROWSDOWN) || expand_stack(vma, address)))) {
		mmap_read_unlock(mm);
		bad_area(regs, error_code, address, SIGSEGV, SEGV_MAPERR);
		return;
	}
	if (unlikely(!vma_permits(vma, flags))) {
		mmap_read_unlock(mm);
		bad_area(regs, error_code, address, SIGSEGV, SEGV_ACCERR);
		return;
	}

	fault = handle_mm_fault(vma, address, flags, regs);
	if (unlikely(fault & VM_FAULT_RETRY)) {		/* the lock was dropped */
		if (signal_pending(p) && !user_mode(regs)) {
			bad_area(regs, error_code, address, SIGBUS, BUS_ADRERR);
			return;
		}
		if (signal_pending(p))
			return;
		flags |= FAULT_FLAG_TRIED;
		goto retry;
	}
	mmap_read_unlock(mm);
	if (likely(!(fault & VM_FAULT_ERROR)))
		return;

	if (fault & VM_FAULT_OOM) {
		/* No memory for a page that was promised. Somebody dies for it, perhaps we; a system call is told EFAULT. */
		if (user_mode(regs))
			pagefault_out_of_memory();
		else
			bad_area(regs, error_code, address, SIGBUS, BUS_ADRERR);
	} else if (fault & VM_FAULT_SIGBUS) {
		bad_area(regs, error_code, address, SIGBUS, BUS_ADRERR);
	} else {
		bad_area(regs, error_code, address, SIGSEGV, SEGV_MAPERR);
	}
}

void exc_page_fault(struct pt_regs *regs, unsigned long error_code)
{
	unsigned long address = read_cr2();	/* before anything can fault again */

	trace_page_fault(user_mode(regs), address, regs->ip, error_code);
	if (likely(address < TASK_SIZE)) {
		do_user_addr_fault(regs, error_code, address);
		return;
	}
	if (user_mode(regs))
		local_irq_enable();
	bad_area(regs, error_code, address, SIGSEGV, SEGV_MAPERR);
}
