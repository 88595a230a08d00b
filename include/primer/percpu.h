/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/percpu.h - per-CPU variables, static and allocated. The accessors are in asm/percpu.h. */
#ifndef PRIMER_PERCPU_H
#define PRIMER_PERCPU_H

#include <asm/percpu.h>
#include <primer/preempt.h>

/* get_cpu_ptr, put_cpu_ptr - this CPU's copy, with preemption disabled in between. */
#define get_cpu_ptr(ptr)	({ preempt_disable(); this_cpu_ptr(ptr); })
#define put_cpu_ptr(ptr)	do { (void)(ptr); preempt_enable(); } while (0)
#define get_cpu_var(var)	(*get_cpu_ptr(&(var)))
#define put_cpu_var(var)	put_cpu_ptr(&(var))

/* alloc_percpu - a zeroed copy of @type for each possible CPU, or NULL; free_percpu(NULL) is allowed. May sleep. */
void __percpu *__alloc_percpu(size_t size, size_t align);
void free_percpu(void __percpu *ptr);
#define alloc_percpu(type)	((type __percpu *)__alloc_percpu(sizeof(type), __alignof__(type)))

/* pcpu_nr_pages - pages behind all per-CPU areas, "Percpu" of /proc/meminfo */
unsigned long pcpu_nr_pages(void);

/* setup_per_cpu_areas - give each possible CPU its area; the boot CPU moves from the template to its own. Boot, once, from memblock. */
void setup_per_cpu_areas(void);

#endif
