/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/desc.c - segments, the task state segment and the interrupt descriptor table.
 *
 * In 64-bit mode segmentation is nearly gone: base and limit of code and data segments are ignored. What remains is needed
 * for three things: a code segment's descriptor says which ring and that the code is 64-bit; FS and GS have a base, which
 * lives in an MSR; and the TSS, reached through a descriptor, holds the stacks that the CPU switches to:
 *
 *	ring 3 -> ring 0			sp0: the current task's kernel stack, rewritten at each task switch
 *	a gate whose ist field is n		ist[n-1]: a stack that is good whatever happened to the current one
 *
 * Exceptions with such a stack: #DF (the current stack is broken), NMI and #MC (they strike between any two instructions, also
 * when RSP is still the user's), #DB (the same, by a breakpoint on an entry instruction).
 *
 * Each CPU has a GDT and a TSS of its own in its per-CPU area; the IDT is one for all.
 *
 *	per-CPU area:   cpu_gdt [ 0 | k32 code | k code | k data | - | u data | u code | - | TSS (two slots) | ... | CPU number ]
 *	                cpu_tss [ sp0 | ist1 ist2 ist3 ist4 ] --> exception_stacks [ DF | NMI | DB | MCE ]
 *
 * Linux puts the GDT and the TSS into a "CPU entry area" with a read-only alias and maps guard pages between the exception
 * stacks; here the per-CPU area holds them plainly.
 *
 * References: Intel SDM vol. 3, 3.4.5, 6.14, 7.2.3, 7.7.
 */
#include <primer/build_bug.h>
#include <primer/kernel.h>
#include <asm/desc.h>
#include <asm/msr.h>
#include <asm/processor.h>

DEFINE_PER_CPU_ALIGNED(struct tss_page, cpu_tss);
DEFINE_PER_CPU_PAGE_ALIGNED(u64[GDT_ENTRIES], cpu_gdt);
static DEFINE_PER_CPU_PAGE_ALIGNED(char[N_EXCEPTION_STACKS][EXCEPTION_STKSZ], exception_stacks);

/* [written at boot and by set_intr_gate() callers] */
struct gate_desc idt_table[IDT_ENTRIES] __section(".bss..page_aligned") __aligned(4096);

static_assert(offsetof(struct tss_struct, ist) == 36, "the TSS's layout is the CPU's");
static_assert(sizeof(struct tss_struct) == 104, "the TSS's layout is the CPU's");
static_assert(sizeof(struct gate_desc) == 16, "a gate's layout is the CPU's");

/* A flat segment: base 0, limit 4 GiB in pages, accessed. @flags: G, D/B, L in bits 7..5; @access: P, DPL, S, type. */
#define FLAT_SEGMENT(flags, access)	(0x000f00000000ffffULL | (u64)(flags) << 52 | (u64)(access) << 40)
#define DESC_KERNEL32_CODE	FLAT_SEGMENT(0xc, 0x9b)		/* 4 KiB granules, 32-bit */
#define DESC_KERNEL_CODE	FLAT_SEGMENT(0xa, 0x9b)		/* 4 KiB granules, 64-bit */
#define DESC_KERNEL_DATA	FLAT_SEGMENT(0xc, 0x93)
#define DESC_USER_DATA		FLAT_SEGMENT(0xc, 0xf3)
#define DESC_USER_CODE		FLAT_SEGMENT(0xa, 0xfb)

void set_intr_gate(unsigned int vector, const void *handler, unsigned int ist, unsigned int dpl)
{
	unsigned long addr = (unsigned long)handler;

	idt_table[vector] = (struct gate_desc){
		.offset_low = (u16)addr,
		.segment = __KERNEL_CS,
		.ist = ist,
		.type = 0x80 | dpl << 5 | GATE_INTERRUPT,
		.offset_middle = (u16)(addr >> 16),
		.offset_high = (u32)(addr >> 32),
	};
}

void load_idt(void)
{
	struct desc_ptr ptr = { .size = sizeof(idt_table) - 1, .address = (unsigned long)idt_table };

	__asm__ volatile("lidt %0" :: "m"(ptr));
}

/* The two-slot descriptor of the TSS: a system segment, the only kind that still has a 64-bit base. */
static void set_tss_desc(u64 *gdt, unsigned long base)
{
	u64 limit = sizeof(struct tss_struct) - 1;

	gdt[GDT_ENTRY_TSS] = limit | (base & 0xffffff) << 16 | 0x89ULL << 40 | (base >> 24 & 0xff) << 56;
	gdt[GDT_ENTRY_TSS + 1] = base >> 32;
}

void cpu_init_gdt(void)
{
	u64 *gdt = *this_cpu_ptr(&cpu_gdt);
	struct tss_page *tss = this_cpu_ptr(&cpu_tss);
	char (*stacks)[EXCEPTION_STKSZ] = *this_cpu_ptr(&exception_stacks);
	struct desc_ptr ptr = { .size = sizeof(cpu_gdt) - 1, .address = (unsigned long)gdt };
	u64 cpu = raw_smp_processor_id();

	gdt[GDT_ENTRY_KERNEL32_CS] = DESC_KERNEL32_CODE;
	gdt[GDT_ENTRY_KERNEL_CS] = DESC_KERNEL_CODE;
	gdt[GDT_ENTRY_KERNEL_DS] = DESC_KERNEL_DATA;
	/* USER32_CS stays empty: no 32-bit programs, so the door for them (entry_SYSCALL_compat) cannot be reached. */
	gdt[GDT_ENTRY_USER_DS] = DESC_USER_DATA;
	gdt[GDT_ENTRY_USER_CS] = DESC_USER_CODE;
	gdt[GDT_ENTRY_CPUNODE] = 0x00c0f50000000000ULL | (cpu & 0xffff);

	for (int i = 0; i < N_EXCEPTION_STACKS; i++)
		tss->x86_tss.ist[i] = (unsigned long)stacks[i] + EXCEPTION_STKSZ;
	tss->x86_tss.io_bitmap_base = sizeof(struct tss_struct);
	set_tss_desc(gdt, (unsigned long)&tss->x86_tss);

	/*
	 * LGDT changes no segment register by itself. CS, DS, ES, FS and GS keep their values; their hidden parts are still
	 * those of the boot GDT, whose entries are equal. Loading FS or GS would zero the base, so nobody does.
	 */
	__asm__ volatile("lgdt %0" :: "m"(ptr));
	__asm__ volatile("ltr %w0" :: "r"(GDT_ENTRY_TSS * 8));
}

bool exception_stack_bounds(unsigned long sp, unsigned long *low, unsigned long *high)
{
	unsigned long base = (unsigned long)this_cpu_ptr(&exception_stacks);

	if (sp < base || sp >= base + sizeof(exception_stacks))
		return false;
	*low = ALIGN_DOWN(sp, EXCEPTION_STKSZ);
	*high = *low + EXCEPTION_STKSZ;
	return true;
}
