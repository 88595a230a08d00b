/* SPDX-License-Identifier: GPL-2.0-only */
/* include/asm/irqflags.h - this CPU's interrupt flag (RFLAGS.IF). */
#ifndef ASM_IRQFLAGS_H
#define ASM_IRQFLAGS_H

#include <primer/compiler.h>
#include <primer/types.h>
#include <asm/processor-flags.h>

static __always_inline unsigned long native_save_fl(void)
{
	unsigned long flags;

	__asm__ volatile("pushfq; popq %0" : "=rm"(flags) :: "memory");
	return flags;
}

static __always_inline void local_irq_disable(void)	{ __asm__ volatile("cli" ::: "memory"); }
static __always_inline void local_irq_enable(void)	{ __asm__ volatile("sti" ::: "memory"); }

static __always_inline bool irqs_disabled_flags(unsigned long flags)	{ return !(flags & X86_EFLAGS_IF); }
static __always_inline bool irqs_disabled(void)		{ return irqs_disabled_flags(native_save_fl()); }

/* local_irq_save - disable interrupts on this CPU; @flags remembers whether they were on. Nests. */
#define local_irq_save(flags)	do { (flags) = native_save_fl(); local_irq_disable(); } while (0)
#define local_save_flags(flags)	do { (flags) = native_save_fl(); } while (0)

static __always_inline void local_irq_restore(unsigned long flags)
{
	if (!irqs_disabled_flags(flags))
		local_irq_enable();
}

/* safe_halt - enable interrupts and halt; STI holds them off for one instruction, so a wakeup cannot fall between. */
static __always_inline void safe_halt(void)		{ __asm__ volatile("sti; hlt" ::: "memory"); }
static __always_inline void halt(void)			{ __asm__ volatile("hlt" ::: "memory"); }

#endif
