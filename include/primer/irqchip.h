/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/irqchip.h - the machine's interrupt controllers. */
#ifndef PRIMER_IRQCHIP_H
#define PRIMER_IRQCHIP_H

/* init_IRQ - bring the interrupt controllers into a known state, all lines masked. Boot CPU, once, interrupts off. */
void init_IRQ(void);

#endif
