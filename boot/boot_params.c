/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * boot/boot_params.c - the first C function, and the loader's records in one form.
 *
 * The problem. Two loaders hand over the same facts (memory map, command line, initial RAM disk, framebuffer, ACPI root) in two
 * formats, in memory that is ours to reuse as soon as we forget to protect it.
 *
 * The idea. Before anything else runs, walk the records once and copy every fact into boot_params, which is part of the image.
 * From then on the loader is history. Nothing in the records is trusted: sizes are checked against the record, the record against
 * the whole, strings are cut, counts are limited. What is damaged is left out, and the log says so.
 *
 *	Multiboot2 (specification 2.0, section 3.6)		PVH (Xen: include/public/arch-x86/hvm/start_info.h)
 *	info: total_size, reserved, tag, tag, ...		hvm_start_info: magic, version, flags, nr_modules,
 *	tag: type, size, payload; padded to 8			  modlist, cmdline, rsdp, memmap, memmap_entries
 *	  1 command line	 2 loader name			modlist entry: paddr, size, cmdline, reserved
 *	  3 module		 6 memory map			memmap entry: addr, size, type, reserved
 *	  8 framebuffer		14, 15 RSDP copies
 *	 11, 12, 17, 20 EFI
 *
 * All physical addresses are read through the boot stub's direct map, which reaches to 4 GiB; both loaders stay below.
 */
#include <primer/console.h>
#include <primer/init.h>
#include <primer/kasan.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/stacktrace.h>
#include <primer/string.h>
#include <asm/page.h>
#include <asm/setup.h>

void start_kernel(void) __noreturn;
void x86_64_start_kernel(u32 magic, u64 info) __noreturn;

#define BOOT_MAP_END		SZ_4G

struct mb2_tag {
	u32 type, size;
};

struct mb2_mmap_entry {
	u64 addr, len;
	u32 type, zero;
};

struct mb2_framebuffer {
	u64 addr;
	u32 pitch, width, height;
	u8 bpp, type;
	u16 reserved;
	u8 red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
} __packed;

enum {
	MB2_TAG_END = 0, MB2_TAG_CMDLINE = 1, MB2_TAG_LOADER_NAME = 2, MB2_TAG_MODULE = 3, MB2_TAG_MMAP = 6,
	MB2_TAG_FRAMEBUFFER = 8, MB2_TAG_EFI32 = 11, MB2_TAG_EFI64 = 12, MB2_TAG_ACPI_OLD = 14, MB2_TAG_ACPI_NEW = 15,
	MB2_TAG_EFI_MMAP = 17, MB2_TAG_EFI32_IH = 19, MB2_TAG_EFI64_IH = 20,
};

struct hvm_start_info {
	u32 magic, version, flags, nr_modules;
	u64 modlist_paddr, cmdline_paddr, rsdp_paddr;
	u64 memmap_paddr;		/* version 1 and later */
	u32 memmap_entries, reserved;
};

struct hvm_modlist_entry {
	u64 paddr, size, cmdline_paddr, reserved;
};

struct hvm_memmap_entry {
	u64 addr, size;
	u32 type, reserved;
};

/* The bytes [pa, pa + size) if the boot map shows them, else NULL. */
static const void __init *boot_map(u64 pa, u64 size)
{
	if (!pa || size > BOOT_MAP_END || pa > BOOT_MAP_END - size)
		return NULL;
	return __va(pa);
}

static void __init set_command_line(const char *s, u64 max)
{
	size_t n = s ? strnlen(s, max) : 0;

	boot_params.command_line_cut = n >= COMMAND_LINE_SIZE;
	if (boot_params.command_line_cut)
		n = COMMAND_LINE_SIZE - 1;
	memcpy(boot_params.command_line, s, n);
	boot_params.command_line[n] = '\0';
}

static void __init add_memory(u64 addr, u64 size, u32 type)
{
	struct e820_entry *e = &boot_params.e820_table[boot_params.e820_entries];

	if (boot_params.e820_entries == E820_MAX_ENTRIES) {
		boot_params.e820_overflow = true;
		return;
	}
	*e = (struct e820_entry){ .addr = addr, .size = size, .type = type };
	boot_params.e820_entries++;
}

/* The first module is the initial RAM disk; more than one has no meaning. */
static void __init set_ramdisk(u64 start, u64 size)
{
	if (boot_params.ramdisk_size || !size || start + size < start) {
		pr_warn("boot: module at %#llx, %llu bytes: ignored\n", start, size);
		return;
	}
	boot_params.ramdisk_image = start;
	boot_params.ramdisk_size = size;
}

static void __init set_framebuffer(const struct mb2_framebuffer *fb, u32 size)
{
	if (fb->type == 2) {
		boot_params.vga_text = true;
		return;
	}
	if (fb->type != 1 || size < sizeof(*fb)) {
		pr_warn("boot: framebuffer of type %u is not usable\n", fb->type);
		return;
	}
	boot_params.fb = (struct boot_framebuffer){
		.base = fb->addr, .width = fb->width, .height = fb->height, .pitch = fb->pitch, .bpp = fb->bpp,
		.red_pos = fb->red_pos, .red_size = fb->red_size, .green_pos = fb->green_pos, .green_size = fb->green_size,
		.blue_pos = fb->blue_pos, .blue_size = fb->blue_size,
	};
}

static void __init parse_mb2_mmap(const u8 *p, u32 size)
{
	u32 entry_size;

	if (size < 8)
		return;
	memcpy(&entry_size, p, 4);
	if (entry_size < sizeof(struct mb2_mmap_entry)) {
		pr_warn("boot: memory map entries of %u bytes: ignored\n", entry_size);
		return;
	}
	for (p += 8, size -= 8; size >= entry_size; p += entry_size, size -= entry_size) {
		const struct mb2_mmap_entry *e = (const void *)p;

		add_memory(e->addr, e->len, e->type);
	}
}

static void __init parse_mb2_tag(const struct mb2_tag *tag)
{
	const u8 *data = (const u8 *)(tag + 1);
	u32 size = tag->size - sizeof(*tag), word[2];

	switch (tag->type) {
	case MB2_TAG_CMDLINE:
		set_command_line((const char *)data, size);
		break;
	case MB2_TAG_LOADER_NAME:
		strscpy(boot_params.loader_name, (const char *)data, min_t(size_t, size + 1, sizeof(boot_params.loader_name)));
		break;
	case MB2_TAG_MODULE:
		if (size >= 8) {
			memcpy(word, data, 8);
			set_ramdisk(word[0], word[1] > word[0] ? word[1] - word[0] : 0);
		}
		break;
	case MB2_TAG_MMAP:
		parse_mb2_mmap(data, size);
		break;
	case MB2_TAG_FRAMEBUFFER:
		if (size >= 24)
			set_framebuffer((const struct mb2_framebuffer *)data, size);
		break;
	case MB2_TAG_ACPI_OLD:
		if (boot_params.rsdp_copy_size)		/* the newer one is better */
			break;
		fallthrough;
	case MB2_TAG_ACPI_NEW:
		boot_params.rsdp_copy_size = min_t(u32, size, sizeof(boot_params.rsdp_copy));
		memcpy(boot_params.rsdp_copy, data, boot_params.rsdp_copy_size);
		break;
	case MB2_TAG_EFI32:
	case MB2_TAG_EFI64:
	case MB2_TAG_EFI_MMAP:
	case MB2_TAG_EFI32_IH:
	case MB2_TAG_EFI64_IH:
		boot_params.efi = true;
		break;
	default:
		break;
	}
}

static void __init parse_multiboot2(u64 info)
{
	const u32 *head = boot_map(info, 8);
	const u8 *p, *end;
	u32 total;

	boot_params.protocol = BOOT_PROTOCOL_MULTIBOOT2;
	if (!head || !boot_map(info, head[0])) {
		pr_warn("boot: no Multiboot2 information at %#llx\n", info);
		return;
	}
	total = head[0];
	p = (const u8 *)head + 8;
	end = (const u8 *)head + total;
	/* Invariant: p is aligned to 8 and p <= end; a tag is read only when its header and its size fit before end. */
	while (p + sizeof(struct mb2_tag) <= end) {
		const struct mb2_tag *tag = (const struct mb2_tag *)p;

		if (tag->type == MB2_TAG_END)
			return;
		if (tag->size < sizeof(*tag) || tag->size > end - p) {
			pr_warn("boot: Multiboot2 tag %u with a size of %u bytes: the rest is ignored\n", tag->type, tag->size);
			return;
		}
		parse_mb2_tag(tag);
		p += ALIGN((u64)tag->size, 8);
	}
	pr_warn("boot: Multiboot2 information has no end tag\n");
}

static void __init parse_pvh(u64 info)
{
	const struct hvm_start_info *si = boot_map(info, sizeof(*si));
	const struct hvm_modlist_entry *mod;
	const struct hvm_memmap_entry *map;
	const char *cmdline;

	boot_params.protocol = BOOT_PROTOCOL_PVH;
	strscpy(boot_params.loader_name, "PVH", sizeof(boot_params.loader_name));
	if (!si || si->magic != PVH_BOOTLOADER_MAGIC) {
		pr_warn("boot: no PVH start information at %#llx\n", info);
		return;
	}
	cmdline = boot_map(si->cmdline_paddr, 1);
	if (cmdline)
		set_command_line(cmdline, BOOT_MAP_END - si->cmdline_paddr);
	boot_params.rsdp_addr = si->rsdp_paddr;
	boot_params.vga_text = true;

	mod = boot_map(si->modlist_paddr, si->nr_modules * sizeof(*mod));
	for (u32 i = 0; mod && i < si->nr_modules; i++)
		set_ramdisk(mod[i].paddr, mod[i].size);

	if (si->version < 1)
		return;
	map = boot_map(si->memmap_paddr, (u64)si->memmap_entries * sizeof(*map));
	for (u32 i = 0; map && i < si->memmap_entries; i++)
		add_memory(map[i].addr, map[i].size, map[i].type);
}

void __init copy_boot_params(u32 magic, u64 info)
{
	if (magic == MULTIBOOT2_BOOTLOADER_MAGIC)
		parse_multiboot2(info);
	else
		parse_pvh(info);
}

/* The boot stub comes here: 64-bit mode, temporary page tables, interrupts off, the boot task's stack. */
__no_sanitize void __init x86_64_start_kernel(u32 magic, u64 info)
{
	kasan_early_init();		/* before any function that the compiler has instrumented */
	stack_trace_early_init();
	early_console_arm();
	copy_boot_params(magic, info);
	start_kernel();
}
