/* SPDX-License-Identifier: GPL-2.0-only */
/* include/asm/i8259.h - the two 8259A interrupt controllers of the PC. */
#ifndef ASM_I8259_H
#define ASM_I8259_H

#include <primer/types.h>

/* init_8259A - deliver at ISA_IRQ_VECTOR(0..15), every line masked. Boot, interrupts off. */
void init_8259A(void);
/* i8259_setup_irqs - interrupts 0 to 15 come by these controllers ("XT-PIC"). i8259_mask_all - none does. */
void i8259_setup_irqs(void);
void i8259_mask_all(void);

#endif
