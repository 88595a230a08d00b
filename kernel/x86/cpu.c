/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/cpu.c - who is this CPU, and what do we switch on in it?
 *
 * Identification asks CPUID once and keeps the answers as words of feature bits (asm/cpufeature.h). Everything later asks the
 * words: an emulator and a server differ only here. The switches, all of them set on every CPU by cpu_init():
 *
 *	EFER.NX		pages may forbid execution			checked already by the boot stub: we do not run without
 *	EFER.SCE	SYSCALL and SYSRET work; STAR, LSTAR, CSTAR, SYSCALL_MASK say how
 *	CR0.WP		read-only pages are read-only for ring 0 too
 *	CR4.PGE		kernel translations survive a change of address space
 *	CR4.SMEP	ring 0 does not run user code			when there
 *	CR4.SMAP	ring 0 touches user memory only between STAC and CLAC	when there
 *	CR4.UMIP	ring 3 cannot read the addresses of our tables		when there
 *
 * CR4 and EFER are pinned in the sense that nobody else writes these bits afterwards.
 *
 * SYSENTER, the 32-bit door of Intel CPUs, is closed by a zero in its CS register: the instruction raises #GP.
 *
 * References: Intel SDM vol. 2 (CPUID), vol. 3, 2.5 and 5.8.8; AMD APM vol. 2, 6.1.
 */
#include <primer/printk.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <asm/alternative.h>
#include <asm/desc.h>
#include <asm/fpu.h>
#include <asm/msr.h>
#include <asm/processor.h>

struct cpuinfo_x86 boot_cpu_data __ro_after_init;
DEFINE_PER_CPU(struct cpuinfo_x86, cpu_info);

void entry_SYSCALL_64(void);
void entry_SYSCALL_compat(void);

static void cpuid_word(struct cpuinfo_x86 *c, u32 leaf, u32 sub, int wa, int wb, int wc, int wd)
{
	u32 a, b, cx, d;

	cpuid_count(leaf, sub, &a, &b, &cx, &d);
	if (wa >= 0)
		c->capability[wa] = a;
	if (wb >= 0)
		c->capability[wb] = b;
	if (wc >= 0)
		c->capability[wc] = cx;
	if (wd >= 0)
		c->capability[wd] = d;
}

static void get_features(struct cpuinfo_x86 *c)
{
	u32 a, b, cx, d;

	cpuid_word(c, 1, 0, -1, -1, CPUID_1_ECX, CPUID_1_EDX);
	if (c->cpuid_level >= 7)
		cpuid_word(c, 7, 0, -1, CPUID_7_0_EBX, CPUID_7_ECX, CPUID_7_EDX);
	if (c->cpuid_level >= 0xd)
		cpuid_word(c, 0xd, 1, CPUID_D_1_EAX, -1, -1, -1);
	if (c->extended_cpuid_level >= 0x80000001)
		cpuid_word(c, 0x80000001, 0, -1, -1, CPUID_8000_0001_ECX, CPUID_8000_0001_EDX);
	if (c->extended_cpuid_level >= 0x80000007) {
		cpuid_count(0x80000007, 0, &a, &b, &cx, &d);
		if (d & BIT(8))		/* invariant TSC: same rate always, and it does not stop */
			c->capability[CPUID_LNX_1] |= BIT(X86_FEATURE_CONSTANT_TSC % 32) | BIT(X86_FEATURE_NONSTOP_TSC % 32);
	}
	c->phys_bits = 36;
	c->virt_bits = 48;
	if (c->extended_cpuid_level >= 0x80000008) {
		cpuid_count(0x80000008, 0, &a, &b, &cx, &d);
		c->phys_bits = a & 0xff;
		c->virt_bits = a >> 8 & 0xff;
	}
}

static void get_model(struct cpuinfo_x86 *c)
{
	u32 a, b, cx, d;

	cpuid_count(1, 0, &a, &b, &cx, &d);
	c->stepping = a & 0xf;
	c->model = a >> 4 & 0xf;
	c->family = a >> 8 & 0xf;
	if (c->family == 0xf)
		c->family += a >> 20 & 0xff;
	if (c->family >= 6)
		c->model += (a >> 16 & 0xf) << 4;
	c->initial_apicid = c->apicid = b >> 24;
	c->clflush_size = (b >> 8 & 0xff) * 8;
	c->smp_num_siblings = d & BIT(28) ? b >> 16 & 0xff : 1;

	strscpy(c->model_id, "unknown", sizeof(c->model_id));
	if (c->extended_cpuid_level >= 0x80000004) {
		u32 *v = (u32 *)c->model_id;

		for (u32 i = 0; i < 3; i++)
			cpuid_count(0x80000002 + i, 0, &v[4 * i], &v[4 * i + 1], &v[4 * i + 2], &v[4 * i + 3]);
		c->model_id[48] = '\0';
		strim(c->model_id);
	}
	if (c->extended_cpuid_level >= 0x80000006) {
		cpuid_count(0x80000006, 0, &a, &b, &cx, &d);
		c->cache_size_kb = cx >> 16;
	}
}

void identify_cpu(struct cpuinfo_x86 *c)
{
	u32 *v = (u32 *)c->vendor_id, b, cx, d;
	unsigned int siblings_bits;

	memset(c, 0, sizeof(*c));
	cpuid_count(0, 0, &c->cpuid_level, &v[0], &v[2], &v[1]);
	c->vendor = !strcmp(c->vendor_id, "GenuineIntel") ? X86_VENDOR_INTEL :
		    !strcmp(c->vendor_id, "AuthenticAMD") ? X86_VENDOR_AMD : X86_VENDOR_UNKNOWN;
	cpuid_count(0x80000000, 0, &c->extended_cpuid_level, &b, &cx, &d);
	get_model(c);
	get_features(c);
	c->booted_cores = 1;
	/* The APIC ID's lower bits number the logical CPUs of a package, as many bits as these may need. */
	siblings_bits = c->smp_num_siblings > 1 ? fls(c->smp_num_siblings - 1) : 0;
	c->cpu_core_id = c->initial_apicid & (BIT(siblings_bits) - 1);
	c->phys_proc_id = c->initial_apicid >> siblings_bits;
}

void __init early_cpu_init(void)
{
	identify_cpu(&boot_cpu_data);
}

/* Bits that every CPU gets. CR0 was set whole by the entry code. */
static void init_control_registers(void)
{
	unsigned long cr4 = read_cr4();

	cr4 |= X86_CR4_PGE;
	if (boot_cpu_has(X86_FEATURE_SMEP))
		cr4 |= X86_CR4_SMEP;
	if (boot_cpu_has(X86_FEATURE_SMAP))
		cr4 |= X86_CR4_SMAP;
	if (boot_cpu_has(X86_FEATURE_UMIP))
		cr4 |= X86_CR4_UMIP;
	write_cr4(cr4);
}

static void syscall_init(void)
{
	wrmsrq(MSR_EFER, rdmsrq(MSR_EFER) | EFER_SCE | EFER_NX);
	wrmsrq(MSR_STAR, (u64)__USER32_CS << 48 | (u64)__KERNEL_CS << 32);
	wrmsrq(MSR_LSTAR, (unsigned long)entry_SYSCALL_64);
	wrmsrq(MSR_CSTAR, (unsigned long)entry_SYSCALL_compat);
	wrmsrq(MSR_SYSCALL_MASK, X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_IF | X86_EFLAGS_IOPL | X86_EFLAGS_AC | X86_EFLAGS_NT);
	if (boot_cpu_has(X86_FEATURE_SEP)) {
		wrmsrq(MSR_IA32_SYSENTER_CS, 0);
		wrmsrq(MSR_IA32_SYSENTER_ESP, 0);
		wrmsrq(MSR_IA32_SYSENTER_EIP, 0);
	}
}

/* Page attribute table: slot 1 becomes write-combining, the rest keep their reset values (asm/pgtable.h). */
static void pat_init(void)
{
	wrmsrq(MSR_IA32_CR_PAT, 0x0007040600070106ULL);
}

void cpu_init(void)
{
	identify_cpu(this_cpu_ptr(&cpu_info));
	cpu_init_gdt();
	load_idt();
	init_control_registers();
	pat_init();
	syscall_init();
	fpu__init_cpu();
}
