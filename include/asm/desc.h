/* SPDX-License-Identifier: GPL-2.0-only */
/* include/asm/desc.h - descriptors: segments, gates, the task state segment (Intel SDM vol. 3, chapters 3, 6 and 7). */
#ifndef ASM_DESC_H
#define ASM_DESC_H

#include <primer/kernel.h>
#include <asm/percpu.h>
#include <asm/segment.h>

/* What LGDT and LIDT read. */
struct desc_ptr {
	u16 size;			/* last valid byte */
	unsigned long address;
} __packed;

/* An interrupt or trap gate of the IDT: 16 bytes, the handler's address in three pieces. */
struct gate_desc {
	u16 offset_low;
	u16 segment;
	u8 ist;				/* 0: stay on the current stack (or rsp0 from ring 3); n: TSS.ist[n-1] */
	u8 type;			/* present, DPL, gate type */
	u16 offset_middle;
	u32 offset_high;
	u32 reserved;
} __packed;

#define GATE_INTERRUPT		0xe	/* clears IF on entry */
#define GATE_TRAP		0xf
#define IDT_ENTRIES		256

/* Interrupt stacks: which exception gets a stack of its own whatever the interrupted code's stack is worth. */
#define IST_DF			1
#define IST_NMI			2
#define IST_DB			3
#define IST_MCE			4
#define N_EXCEPTION_STACKS	4
#define EXCEPTION_STKSZ		4096

/* The 64-bit TSS. [owner CPU, interrupts off] sp0 is rewritten at each task switch, the rest is fixed after cpu_init(). */
struct tss_struct {
	u32 reserved1;
	u64 sp0;			/* the stack on entry from ring 3; also read by the system call entry */
	u64 sp1;
	u64 sp2;			/* unused by the CPU: the system call entry keeps the user's rsp here for a moment */
	u64 reserved2;
	u64 ist[7];
	u64 reserved3;
	u16 reserved4;
	u16 io_bitmap_base;		/* beyond the limit: no port is open to ring 3 */
} __packed;

/* struct tss_struct is packed because the hardware layout puts its u64 fields at offsets of 4 mod 8. */
struct tss_page {
	u32 pad;			/* so that sp0 is naturally aligned */
	struct tss_struct x86_tss;
} __aligned(64);

DECLARE_PER_CPU_ALIGNED(struct tss_page, cpu_tss);
DECLARE_PER_CPU_PAGE_ALIGNED(u64[GDT_ENTRIES], cpu_gdt);

/* load_sp0 - from now on, entries from ring 3 on this CPU start at @sp0. Context: preemption disabled. */
static __always_inline void load_sp0(unsigned long sp0)
{
	this_cpu_write(cpu_tss.x86_tss.sp0, sp0);
}

extern struct gate_desc idt_table[IDT_ENTRIES];

/*
 * set_intr_gate - enter @handler (an assembly stub) on @vector, with interrupts off
 * @ist: 0 or one of IST_*; @dpl: 3 when ring 3 may raise the vector with INT n
 *
 * Context: boot, or with interrupts disabled on every CPU that may take the vector. A gate is 16 bytes and is not replaced atomically.
 */
void set_intr_gate(unsigned int vector, const void *handler, unsigned int ist, unsigned int dpl);

/* load_idt - this CPU uses idt_table. */
void load_idt(void);

/* exception_stack_bounds - is @sp on one of this CPU's exception stacks? Then its bounds. Context: any. */
bool exception_stack_bounds(unsigned long sp, unsigned long *low, unsigned long *high);

/* cpu_init_gdt - build this CPU's GDT and TSS in its per-CPU area and load both; GS base is kept. Context: interrupts off. */
void cpu_init_gdt(void);

#endif
