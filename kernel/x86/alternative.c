/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/alternative.c - STAC and CLAC, where the CPU has them.
 *
 * On a CPU without SMAP the two instructions are undefined. A test and a branch at each user access would cost everybody; so the
 * places hold a no-operation of the same three bytes, and are listed in a table. Once, before a second CPU or an
 * interrupt can run the code and while text is still writable, the table is walked and the real instructions are put in.
 *
 * An entry is the distance from itself to the place, and which of the two instructions belongs there. Linux patches far more
 * than this, at any time; then other CPUs must be held off while the bytes change (text_poke).
 */
#include <primer/init.h>
#include <primer/string.h>
#include <asm/alternative.h>
#include <asm/processor.h>

struct smap_alternative {
	s32 where;		/* distance from this word */
	u32 stac;		/* 1: STAC, 0: CLAC */
};

extern struct smap_alternative __smap_alternatives_start[], __smap_alternatives_end[];

void __init apply_alternatives(void)
{
	static const u8 insn[2][3] __initconst = { { 0x0f, 0x01, 0xca }, { 0x0f, 0x01, 0xcb } };

	if (!boot_cpu_has(X86_FEATURE_SMAP))
		return;
	for (struct smap_alternative *a = __smap_alternatives_start; a < __smap_alternatives_end; a++)
		memcpy((char *)&a->where + a->where, insn[a->stac], 3);
	/* Self-modified code needs a serializing instruction before it runs (SDM vol. 3, 8.1.3). */
	__asm__ volatile("cpuid" ::"a"(0), "c"(0) : "ebx", "edx", "memory");
}
