/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/setup.h - boot_params: all that the loader told us, copied into the image before the loader's memory is reused.
 *
 * Two protocols can start the kernel (Multiboot2 from GRUB, PVH from QEMU's -kernel). boot/boot_params.c turns either one's
 * records into this one structure; nobody else looks at the originals.
 */
#ifndef ASM_SETUP_H
#define ASM_SETUP_H

#include <primer/types.h>

#define COMMAND_LINE_SIZE	2048	/* with the final NUL; what the loader gave beyond it is cut off, with a warning */
#define E820_MAX_ENTRIES	128

enum e820_type {
	E820_TYPE_RAM		= 1,
	E820_TYPE_RESERVED	= 2,
	E820_TYPE_ACPI		= 3,
	E820_TYPE_NVS		= 4,
	E820_TYPE_UNUSABLE	= 5,
	E820_TYPE_PMEM		= 7,
};

struct e820_entry {
	u64 addr, size;			/* bytes */
	u32 type;			/* enum e820_type */
};

enum boot_protocol { BOOT_PROTOCOL_MULTIBOOT2 = 1, BOOT_PROTOCOL_PVH = 2 };

/* A linear framebuffer of direct colour; base 0: none. Positions are those of the lowest bit of each colour. */
struct boot_framebuffer {
	u64 base;			/* physical */
	u32 width, height, pitch;	/* pixels, pixels, bytes */
	u8 bpp;
	u8 red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
};

/* [immutable after copy_boot_params(), except e820, which e820__update() in kernel/init sanitises] */
struct boot_params {
	enum boot_protocol protocol;
	char loader_name[64];
	char command_line[COMMAND_LINE_SIZE];
	bool command_line_cut;		/* the loader's was longer */
	u32 e820_entries;
	bool e820_overflow;		/* more records than E820_MAX_ENTRIES */
	struct e820_entry e820_table[E820_MAX_ENTRIES];
	u64 ramdisk_image, ramdisk_size;	/* physical; size 0: none */
	u64 rsdp_addr;			/* physical; 0: to be scanned for */
	u8 rsdp_copy[36];		/* Multiboot2 hands over a copy rather than an address; rsdp_copy_size 0: none */
	u32 rsdp_copy_size;
	struct boot_framebuffer fb;
	bool vga_text;			/* the loader left the screen in 80x25 text mode */
	bool efi;			/* firmware is UEFI */
};

extern struct boot_params boot_params;

/*
 * copy_boot_params - fill boot_params from the loader's records
 * @magic: what the loader left in EAX (Multiboot2) or the stub's mark for PVH; @info: physical address of the records
 *
 * Context: boot CPU, identity map of the first 4 GiB still there. Damaged records are skipped with a note in the log.
 */
void copy_boot_params(u32 magic, u64 info);

#define MULTIBOOT2_BOOTLOADER_MAGIC	0x36d76289
#define PVH_BOOTLOADER_MAGIC		0x336ec578	/* also the first word of hvm_start_info */

#endif
