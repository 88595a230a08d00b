/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/x86/cpuflags.c - the names of CPU features, as the "flags" line of Linux's /proc/cpuinfo spells them. */
#include <primer/kernel.h>
#include <asm/processor.h>

#define F(word, bit, name)	[(word) * 32 + (bit)] = name

static const char *const x86_cap_flags[NCAPINTS * 32] = {
	F(0, 0, "fpu"), F(0, 1, "vme"), F(0, 2, "de"), F(0, 3, "pse"), F(0, 4, "tsc"), F(0, 5, "msr"), F(0, 6, "pae"),
	F(0, 7, "mce"), F(0, 8, "cx8"), F(0, 9, "apic"), F(0, 11, "sep"), F(0, 12, "mtrr"), F(0, 13, "pge"), F(0, 14, "mca"),
	F(0, 15, "cmov"), F(0, 16, "pat"), F(0, 17, "pse36"), F(0, 18, "pn"), F(0, 19, "clflush"), F(0, 21, "dts"),
	F(0, 22, "acpi"), F(0, 23, "mmx"), F(0, 24, "fxsr"), F(0, 25, "sse"), F(0, 26, "sse2"), F(0, 27, "ss"), F(0, 28, "ht"),
	F(0, 29, "tm"), F(0, 31, "pbe"),
	F(1, 11, "syscall"), F(1, 19, "mp"), F(1, 20, "nx"), F(1, 22, "mmxext"), F(1, 25, "fxsr_opt"), F(1, 26, "pdpe1gb"),
	F(1, 27, "rdtscp"), F(1, 29, "lm"), F(1, 30, "3dnowext"), F(1, 31, "3dnow"),
	F(3, 8, "constant_tsc"), F(3, 24, "nonstop_tsc"),
	F(4, 0, "pni"), F(4, 1, "pclmulqdq"), F(4, 2, "dtes64"), F(4, 3, "monitor"), F(4, 4, "ds_cpl"), F(4, 5, "vmx"),
	F(4, 6, "smx"), F(4, 7, "est"), F(4, 8, "tm2"), F(4, 9, "ssse3"), F(4, 12, "fma"), F(4, 13, "cx16"), F(4, 14, "xtpr"),
	F(4, 15, "pdcm"), F(4, 17, "pcid"), F(4, 18, "dca"), F(4, 19, "sse4_1"), F(4, 20, "sse4_2"), F(4, 21, "x2apic"),
	F(4, 22, "movbe"), F(4, 23, "popcnt"), F(4, 24, "tsc_deadline_timer"), F(4, 25, "aes"), F(4, 26, "xsave"),
	F(4, 28, "avx"), F(4, 29, "f16c"), F(4, 30, "rdrand"), F(4, 31, "hypervisor"),
	F(6, 0, "lahf_lm"), F(6, 1, "cmp_legacy"), F(6, 2, "svm"), F(6, 3, "extapic"), F(6, 4, "cr8_legacy"), F(6, 5, "abm"),
	F(6, 6, "sse4a"), F(6, 7, "misalignsse"), F(6, 8, "3dnowprefetch"), F(6, 9, "osvw"), F(6, 11, "xop"), F(6, 16, "fma4"),
	F(6, 21, "tbm"), F(6, 22, "topoext"),
	F(9, 0, "fsgsbase"), F(9, 1, "tsc_adjust"), F(9, 3, "bmi1"), F(9, 4, "hle"), F(9, 5, "avx2"), F(9, 7, "smep"),
	F(9, 8, "bmi2"), F(9, 9, "erms"), F(9, 10, "invpcid"), F(9, 11, "rtm"), F(9, 14, "mpx"), F(9, 16, "avx512f"),
	F(9, 17, "avx512dq"), F(9, 18, "rdseed"), F(9, 19, "adx"), F(9, 20, "smap"), F(9, 23, "clflushopt"), F(9, 24, "clwb"),
	F(9, 29, "sha_ni"),
	F(10, 0, "xsaveopt"), F(10, 1, "xsavec"), F(10, 2, "xgetbv1"), F(10, 3, "xsaves"),
	F(16, 2, "umip"), F(16, 3, "pku"), F(16, 4, "ospke"), F(16, 9, "vaes"), F(16, 10, "vpclmulqdq"), F(16, 16, "la57"),
	F(16, 22, "rdpid"), F(18, 4, "fsrm"), F(18, 28, "arch_capabilities"),
};

const char *x86_cap_flag(unsigned int bit)
{
	return bit < ARRAY_SIZE(x86_cap_flags) ? x86_cap_flags[bit] : NULL;
}
