/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/irqchip.h - the machine's interrupt controllers. */
#ifndef PRIMER_IRQCHIP_H
#define PRIMER_IRQCHIP_H

/*
 * init_IRQ - take over the interrupt controllers that the machine has: I/O APICs, else the 8259s; the boot CPU's local APIC
 *
 * All lines are masked afterwards, and request_irq() works. Boot CPU, once, interrupts off; after the firmware's tables were read.
 */
void init_IRQ(void);

#endif
