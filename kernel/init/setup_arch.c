/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/init/setup_arch.c - the machine: which CPU, which memory, what is taken already, and the final page tables.
 *
 * The order is forced:
 *
 *	early_cpu_init		features decide what the page tables may use
 *	apply_alternatives	text is still writable
 *	memory map		what is RAM
 *	parse_early_param	mem=, earlyprintk=, memblock=debug want to be known now
 *	reservations		before the first allocation: the image, the first MiB (with the page where other CPUs start), the initrd
 *	init_mem_mapping	takes its tables from memblock; after it the boot stub's map is gone
 *	acpi_boot_init		which CPUs and interrupt controllers there are: decides how much per-CPU memory is needed
 *	free_area_init		struct pages and zones, from memblock
 *
 * The first MiB stays reserved whole: real-mode interrupt vectors, the BIOS's and the EBDA's data, option ROMs, and the pages
 * where the other CPUs will start.
 */
#include <primer/acpi.h>
#include <primer/init.h>
#include <primer/initramfs.h>
#include <primer/kernel.h>
#include <primer/memblock.h>
#include <primer/mm.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/string.h>
#include <asm/alternative.h>
#include <asm/extable.h>
#include <asm/fpu.h>
#include <asm/processor.h>
#include <asm/setup.h>
#include <asm/tsc.h>
#include "init.h"

struct boot_params boot_params;
char boot_command_line[COMMAND_LINE_SIZE];

/* The least memory that leaves room for a small program next to the kernel. */
#define MIN_MEMORY	(12 * SZ_1M)

/* nokaslr: the image always runs where it was linked, so the wish is granted without doing anything. */
static int __init nokaslr_setup(char *str)
{
	(void)str;
	return 0;
}
early_param("nokaslr", nokaslr_setup);

static void __init print_cpu(void)
{
	const struct cpuinfo_x86 *c = &boot_cpu_data;

	pr_info("CPU: %s (vendor: %s, family: %#x, model: %#x, stepping: %#x)\n", c->model_id, c->vendor_id, c->family, c->model,
		c->stepping);
	pr_info("NX (Execute Disable) protection: active\n");
	pr_info("x86: WP PGE%s%s%s in use; %u bits physical, %u bits virtual addresses\n",
		boot_cpu_has(X86_FEATURE_SMEP) ? " SMEP" : "", boot_cpu_has(X86_FEATURE_SMAP) ? " SMAP" : "",
		boot_cpu_has(X86_FEATURE_UMIP) ? " UMIP" : "", c->phys_bits, c->virt_bits);
}

static void __init reserve_memory(void)
{
	u64 start = boot_params.ramdisk_image, size = boot_params.ramdisk_size;

	memblock_reserve(0, SZ_1M);
	memblock_reserve(__pa_symbol(_text), _end - _text);

	if (!size)
		return;
	if (!memblock_is_region_memory(start, size)) {
		pr_err("initrd: [mem %#010llx-%#010llx] is not in RAM: ignored\n", start, start + size - 1);
		boot_params.ramdisk_size = 0;
		return;
	}
	if (memblock_is_region_reserved(start, size)) {
		pr_err("initrd: [mem %#010llx-%#010llx] overlaps the kernel or the first MiB: ignored\n", start, start + size - 1);
		boot_params.ramdisk_size = 0;
		return;
	}
	/* Whole pages, so that all of them can be freed once it is unpacked. */
	memblock_reserve(ALIGN_DOWN(start, PAGE_SIZE), PAGE_ALIGN(start + size) - ALIGN_DOWN(start, PAGE_SIZE));
	initrd_start = (unsigned long)__va(start);
	initrd_end = initrd_start + size;
	pr_info("RAMDISK: [mem %#010llx-%#010llx]\n", start, start + size - 1);
}

void __init setup_arch(char **cmdline_p)
{
	early_cpu_init();
	apply_alternatives();
	sort_extable();
	tsc_init();

	pr_info("Command line: %s\n", boot_params.command_line);
	if (boot_params.command_line_cut)
		pr_warn("Command line was longer than %d bytes: the rest is cut off\n", COMMAND_LINE_SIZE - 1);
	strscpy(boot_command_line, boot_params.command_line, sizeof(boot_command_line));
	*cmdline_p = boot_params.command_line;
	pr_info("Loaded by %s (%s)\n", boot_params.loader_name[0] ? boot_params.loader_name : "an unnamed loader",
		boot_params.protocol == BOOT_PROTOCOL_PVH ? "PVH" : boot_params.efi ? "Multiboot2, UEFI" : "Multiboot2, BIOS");
	print_cpu();
	fpu__init_system();
	e820__memory_setup();
	parse_early_param();

	e820__memblock_setup();
	if (memblock_phys_mem_size() < MIN_MEMORY)
		panic("Out of memory: the machine has %llu KiB of RAM, at least %lu KiB are needed (QEMU: -m 24)",
		      memblock_phys_mem_size() >> 10, MIN_MEMORY >> 10);
	reserve_memory();
	reserve_real_mode();
	pr_info("last_pfn = %#llx max_arch_pfn = %#llx\n", memblock_end_of_DRAM() >> PAGE_SHIFT,
		1ULL << (boot_cpu_data.phys_bits - PAGE_SHIFT));
	init_mem_mapping();
	acpi_boot_init();
	free_area_init();
}
