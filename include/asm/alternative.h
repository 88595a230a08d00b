/* SPDX-License-Identifier: GPL-2.0-only */
/* include/asm/alternative.h - code that is rewritten once, at boot, to fit the CPU. */
#ifndef ASM_ALTERNATIVE_H
#define ASM_ALTERNATIVE_H

/* apply_alternatives - turn the placeholders for STAC and CLAC into these, if the CPU has SMAP. Boot, while text is writable. */
void apply_alternatives(void);

#endif
