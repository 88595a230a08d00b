/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/init/resources.c - who sits at which address: the firmware's map, the kernel's own image, the ports of every PC.
 *
 * Drivers claim ranges of these two trees and are refused what somebody else has; /proc/iomem and /proc/ioports show them. Ranges that
 * the firmware calls RAM or reserved, and ports that have belonged to the same chips since 1981, are claimed before any driver looks.
 */
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/resource.h>
#include <primer/slab.h>
#include <asm/page.h>
#include <asm/setup.h>

static struct resource standard_io_resources[] = {
	DEFINE_RES_IO_NAMED(0x00, 0x20, "dma1"), DEFINE_RES_IO_NAMED(0x20, 0x02, "pic1"),
	DEFINE_RES_IO_NAMED(0x40, 0x04, "timer0"), DEFINE_RES_IO_NAMED(0x50, 0x04, "timer1"),
	DEFINE_RES_IO_NAMED(0x60, 0x01, "keyboard"), DEFINE_RES_IO_NAMED(0x64, 0x01, "keyboard"),
	DEFINE_RES_IO_NAMED(0x80, 0x10, "dma page reg"), DEFINE_RES_IO_NAMED(0xa0, 0x02, "pic2"),
	DEFINE_RES_IO_NAMED(0xc0, 0x20, "dma2"), DEFINE_RES_IO_NAMED(0xf0, 0x10, "fpu"),
};

static struct resource kernel_resources[] = {
	{ .name = "Kernel code" }, { .name = "Kernel rodata" }, { .name = "Kernel data" }, { .name = "Kernel bss" },
};

static const char *__init e820_resource_name(u32 type)
{
	switch (type) {
	case E820_TYPE_RAM:
		return "System RAM";
	case E820_TYPE_ACPI:
		return "ACPI Tables";
	case E820_TYPE_NVS:
		return "ACPI Non-volatile Storage";
	default:
		return "Reserved";
	}
}

static void __init insert_kernel(unsigned int i, const char *start, const char *end)
{
	struct resource *r = &kernel_resources[i];

	r->start = __pa(start);
	r->end = __pa(end) - 1;
	r->flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY;
	insert_resource(&iomem_resource, r);
}

static int __init reserve_resources(void)
{
	struct resource *r = kcalloc(boot_params.e820_entries, sizeof(*r), GFP_KERNEL);

	for (u32 i = 0; r && i < boot_params.e820_entries; i++, r++) {
		const struct e820_entry *e = &boot_params.e820_table[i];

		r->start = e->addr;
		r->end = e->addr + e->size - 1;
		r->name = e820_resource_name(e->type);
		r->flags = (e->type == E820_TYPE_RAM ? IORESOURCE_SYSTEM_RAM : IORESOURCE_MEM) | IORESOURCE_BUSY;
		insert_resource(&iomem_resource, r);
	}
	insert_kernel(0, _text, _etext);
	insert_kernel(1, __start_rodata, __end_rodata);
	insert_kernel(2, _sdata, _edata);
	insert_kernel(3, __bss_start, __bss_stop);
	for (unsigned int i = 0; i < ARRAY_SIZE(standard_io_resources); i++) {
		standard_io_resources[i].flags |= IORESOURCE_BUSY;
		request_resource(&ioport_resource, &standard_io_resources[i]);
	}
	return 0;
}
arch_initcall(reserve_resources);
