/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/percpu.h - a variable of which every CPU has its own copy.
 *
 * DEFINE_PER_CPU puts a variable into the template section .data..percpu. setup_per_cpu_areas() copies the template once for
 * each possible CPU and records how far each copy lies from it; that distance is the CPU's GS base:
 *
 *	address of CPU n's copy of v  =  &v + __per_cpu_offset[n]  =  what "%gs:v" means while running on CPU n
 *
 * One instruction reads or changes this CPU's copy; a task that is moved to another CPU between two such instructions uses
 * two copies, so anything longer needs preemption (or interrupts) disabled. Before the areas exist CPU 0 works on the
 * template itself, with a GS base of 0.
 */
#ifndef ASM_PERCPU_H
#define ASM_PERCPU_H

#include <primer/compiler.h>
#include <primer/types.h>

#define NR_CPUS			64

#define DECLARE_PER_CPU(type, name)	extern __typeof__(type) name
#define DEFINE_PER_CPU(type, name)	__section(".data..percpu") __typeof__(type) name
#define DEFINE_PER_CPU_ALIGNED(type, name)	__section(".data..percpu..aligned") __aligned(64) __typeof__(type) name
#define DEFINE_PER_CPU_PAGE_ALIGNED(type, name)	__section(".data..percpu..page_aligned") __aligned(4096) __typeof__(type) name
#define DECLARE_PER_CPU_ALIGNED(type, name)	DECLARE_PER_CPU(type, name)
#define DECLARE_PER_CPU_PAGE_ALIGNED(type, name) DECLARE_PER_CPU(type, name)

extern char __per_cpu_start[], __per_cpu_end[];
extern unsigned long __per_cpu_offset[NR_CPUS];
extern unsigned long this_cpu_off;		/* per CPU: __per_cpu_offset[own number] */

/* per_cpu_ptr - CPU @cpu's copy of the variable at template address @ptr. */
#define per_cpu_ptr(ptr, cpu)	RELOC_HIDE((ptr), __per_cpu_offset[cpu])
#define per_cpu(var, cpu)	(*per_cpu_ptr(&(var), cpu))

#define __pcpu_op1(op, var) do { \
	switch (sizeof(var)) { \
	case 1: __asm__ volatile(op "b %%gs:%0" : "+m"(var) :: "cc"); break; \
	case 2: __asm__ volatile(op "w %%gs:%0" : "+m"(var) :: "cc"); break; \
	case 4: __asm__ volatile(op "l %%gs:%0" : "+m"(var) :: "cc"); break; \
	default: __asm__ volatile(op "q %%gs:%0" : "+m"(var) :: "cc"); break; \
	} } while (0)
#define __pcpu_op2(op, var, val) do { \
	switch (sizeof(var)) { \
	case 1: __asm__ volatile(op "b %1, %%gs:%0" : "+m"(var) : "qi"((u8)(unsigned long)(val)) : "cc"); break; \
	case 2: __asm__ volatile(op "w %1, %%gs:%0" : "+m"(var) : "ri"((u16)(unsigned long)(val)) : "cc"); break; \
	case 4: __asm__ volatile(op "l %1, %%gs:%0" : "+m"(var) : "ri"((u32)(unsigned long)(val)) : "cc"); break; \
	default: __asm__ volatile(op "q %1, %%gs:%0" : "+m"(var) : "re"((unsigned long)(val)) : "cc"); break; \
	} } while (0)
#define __pcpu_read(vol, var) ({ \
	unsigned long __v; \
	switch (sizeof(var)) { \
	case 1: __asm__ vol("movzbl %%gs:%1, %k0" : "=r"(__v) : "m"(var)); break; \
	case 2: __asm__ vol("movzwl %%gs:%1, %k0" : "=r"(__v) : "m"(var)); break; \
	case 4: __asm__ vol("movl %%gs:%1, %k0" : "=r"(__v) : "m"(var)); break; \
	default: __asm__ vol("movq %%gs:%1, %0" : "=r"(__v) : "m"(var)); break; \
	} \
	(__typeof__(var))__v; })

/* Scalars and pointers of 1 to 8 bytes; each is one instruction, so safe against preemption and this CPU's interrupts. */
#define this_cpu_read(var)		__pcpu_read(volatile, var)
#define this_cpu_write(var, val)	__pcpu_op2("mov", var, val)
#define this_cpu_add(var, val)		__pcpu_op2("add", var, val)
#define this_cpu_sub(var, val)		__pcpu_op2("sub", var, val)
#define this_cpu_and(var, val)		__pcpu_op2("and", var, val)
#define this_cpu_or(var, val)		__pcpu_op2("or", var, val)
#define this_cpu_inc(var)		__pcpu_op1("inc", var)
#define this_cpu_dec(var)		__pcpu_op1("dec", var)

/* For what cannot change under the running task (current): the compiler may read it once and keep it. */
#define this_cpu_read_stable(var)	__pcpu_read(, var)

/* this_cpu_ptr - the address of this CPU's copy. Context: preemption disabled, or the pointer may be another CPU's. */
#define this_cpu_ptr(ptr)		RELOC_HIDE((ptr), this_cpu_read(this_cpu_off))
#define raw_cpu_ptr(ptr)		this_cpu_ptr(ptr)

#endif
