/* SPDX-License-Identifier: GPL-2.0-only */
/* include/asm/stackprotector.h - canaries on the stack. */
#ifndef ASM_STACKPROTECTOR_H
#define ASM_STACKPROTECTOR_H

/* get_random_canary - a value for a new task's stack_canary. Context: any. */
unsigned long get_random_canary(void);

/* boot_init_stack_canary - the boot task's. The caller must not return from the function in which it calls this. */
void boot_init_stack_canary(void);

struct task_struct;
/* set_stack_canary - CPU @cpu, which does not run yet, will start with its idle task's canary. */
void set_stack_canary(unsigned int cpu, const struct task_struct *idle);

#endif
