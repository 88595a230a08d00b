/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/delay.h - busy waits: ndelay, udelay, mdelay. Context: any. For hardware that needs microseconds,
 * not more.
 */
#ifndef PRIMER_DELAY_H
#define PRIMER_DELAY_H

#include <asm/tsc.h>

#endif
