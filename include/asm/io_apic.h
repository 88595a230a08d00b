/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/io_apic.h - the I/O APICs: where the pins of devices become messages to local APICs.
 *
 * The firmware's tables (ACPI MADT or the MP table) say which exist and how the ISA interrupts are wired; whoever reads
 * those tables registers what he finds here, before init_IRQ(). A global system interrupt (GSI) is a pin, counted over all I/O
 * APICs; its interrupt number is the GSI, except that an ISA interrupt keeps its old number wherever it is wired.
 */
#ifndef ASM_IO_APIC_H
#define ASM_IO_APIC_H

#include <primer/types.h>

#define MAX_IO_APICS		32

/* Polarity and trigger as both tables write them ("MPS INTI flags"); 0: as the bus has it (ISA: edge, active high). */
#define MP_IRQPOL_DEFAULT	0x0
#define MP_IRQPOL_ACTIVE_HIGH	0x1
#define MP_IRQPOL_ACTIVE_LOW	0x3
#define MP_IRQPOL_MASK		0x3
#define MP_IRQTRIG_DEFAULT	0x0
#define MP_IRQTRIG_EDGE		0x4
#define MP_IRQTRIG_LEVEL	0xc
#define MP_IRQTRIG_MASK		0xc

/*
 * ioapic_register - there is an I/O APIC with ID @id, registers at @phys; its first pin is GSI @gsi_base
 * ioapic_override - ISA interrupt @bus_irq is wired to @gsi, with @flags
 *
 * Both only record: nothing is touched before init_IRQ(). Return 0, or an errno with a message in the log: -EINVAL for an
 * address or number that cannot be, -ENOSPC for too many. Context: boot, once for each entry of the tables, ACPI first.
 */
int ioapic_register(u8 id, phys_addr_t phys, u32 gsi_base);
int ioapic_override(u8 bus_irq, u32 gsi, u16 flags);

/* nr_ioapics - how many are registered. gsi_top - one more than the last GSI, valid after init_IRQ(). */
extern unsigned int nr_ioapics;
extern u32 gsi_top;

/*
 * acpi_register_gsi - the interrupt number of @gsi, its pin programmed for @flags (MP_IRQ*); masked until it is requested
 *
 * For PCI devices and the SCI. -EINVAL: no such pin. Without I/O APICs (8259 mode) GSI and interrupt number are the same, below 16.
 * gsi_to_irq - the number alone. Context: task or boot, after init_IRQ().
 */
int acpi_register_gsi(u32 gsi, u16 flags);
int gsi_to_irq(u32 gsi);

/* setup_IO_APIC - map and program all of them, every pin masked; false: none works. init_IRQ() calls it. */
bool setup_IO_APIC(void);
/* clear_IO_APIC - mask every pin: before a reboot. */
void clear_IO_APIC(void);
/* ioapic_is_used - interrupts come by I/O APIC, not by the 8259s. */
bool ioapic_is_used(void);

#endif
