/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/fpu.h - the x87, SSE and AVX registers of a task.
 *
 * The kernel is compiled without them, so they hold the running user task's values all through the kernel. Each task_struct
 * ends in a save area (thread.fpu) whose size CPUID tells at boot: task_struct objects are arch_task_struct_size bytes long and
 * aligned to 64. A switch away from a user task saves its registers there; they are loaded again only on the way back to user
 * mode, and not even then when nobody else used this CPU's registers meanwhile. Kernel threads have no registers to keep.
 */
#ifndef ASM_FPU_H
#define ASM_FPU_H

#include <primer/types.h>

struct task_struct;

/* fpu_user_xstate_size - bytes of a save area in the format that XSAVE (or FXSAVE) uses here. */
extern unsigned int fpu_user_xstate_size;

/* arch_task_struct_size - what an allocator of task_structs must hand out, with an alignment of 64. [set by fpu__init_system] */
extern unsigned int arch_task_struct_size;

/* fpu__init_system - decide on XSAVE or FXSAVE and on the sizes; boot CPU, once. fpu__init_cpu - turn it on; each CPU. */
void fpu__init_system(void);
void fpu__init_cpu(void);

/* switch_fpu - save @prev's registers; mark @next's as to be loaded. Context: the scheduler's switch, interrupts off. */
void switch_fpu(struct task_struct *prev, struct task_struct *next);

/* switch_fpu_return - load current's registers. Context: on the way to user mode, interrupts off, TIF_NEED_FPU_LOAD set. */
void switch_fpu_return(void);

/* fpu__copy - the new task @dst starts with @src's registers; @src is current. Context: task. */
void fpu__copy(struct task_struct *dst, struct task_struct *src);

/*
 * fpu_sigframe_size - bytes that a signal frame needs for the registers, without alignment to 64
 * fpu_save_sigframe - write current's registers to the user address @buf (aligned to 64)
 * fpu_restore_sigframe - take them back; @buf 0: initial registers. Values that the CPU would refuse are refused here.
 *
 * 0 or -EFAULT. Context: task; may sleep.
 */
unsigned int fpu_sigframe_size(void);
int fpu_save_sigframe(unsigned long buf);
int fpu_restore_sigframe(unsigned long buf);

/* fpu__clear - current starts a new program, or a signal handler: initial registers. Context: task. */
void fpu__clear(void);

#endif
