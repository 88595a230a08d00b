/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/init/init.h - what the files of this room share; private to it. */
#ifndef KERNEL_INIT_H
#define KERNEL_INIT_H

#include <primer/types.h>

/* setup_arch.c */
void setup_arch(char **cmdline_p);

/* e820.c: the firmware's memory map. Boot, in this order. */
void e820__memory_setup(void);		/* sort, resolve overlaps, print */
void e820__memblock_setup(void);	/* hand RAM to memblock */
u64 e820__end_of_ram(void);

/* params.c */
void parse_early_param(void);		/* runs the early_param() handlers, once */
/* parse_args - run the __setup() handlers on the command line; what nobody takes goes to init. */
void parse_args(void);
/* What init gets: argv[0] is set by the caller. NULL-terminated. [immutable after parse_args()] */
#define MAX_INIT_ARGS	32
#define MAX_INIT_ENVS	32
extern const char *argv_init[MAX_INIT_ARGS + 2];
extern const char *envp_init[MAX_INIT_ENVS + 3];

/* initcall.c */
void do_initcalls(void);
void do_early_initcalls(void);

/* run_init.c: find the first program and become it; returns when there is nothing to return to but user mode. */
void run_init(void);

/* smp_boot.c: find the page below 1 MiB in which the other CPUs will start. setup_arch, when memblock knows what is RAM. */
void reserve_real_mode(void);
/* apic_base_step - what to write next to IA32_APIC_BASE, on the way from @have to the mode and address of @want. */
u64 apic_base_step(u64 have, u64 want);

#endif
