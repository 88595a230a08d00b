/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/time_init.h - the machine's clocks and timers are found and put to use. */
#ifndef PRIMER_TIME_INIT_H
#define PRIMER_TIME_INIT_H

/*
 * time_init - clock sources, clock event devices, the boot CPU's tick. Boot CPU, once, interrupts off, after init_IRQ(),
 * timekeeping_init(), init_timers() and hrtimers_init().
 */
void time_init(void);

/* setup_secondary_APIC_clock - this other CPU's timer and tick. On that CPU, interrupts off, its local APIC set up. */
void setup_secondary_APIC_clock(void);

#endif
